/** Holds inputs of `--batch N` back until a batch is full, so that the feed behind it makes whole batches. */

import type { FeedSink, InputFeed } from "../../executor/tasks/feed.ts";
import { joined } from "../../wire/bytes.ts";
import { Lines } from "../../wire/lines.ts";

/** The part of a feed that takes inputs. */
export type Taker = Pick<InputFeed, "arrived" | "drain" | "cancel"> & { push(lines: Lines): void };

interface WholeBatchesInit {
  size: number;
  /** Opens the feed, which gets whole batches. */
  openFeed: (sink: FeedSink) => Taker;
  /** Takes the outcome of each input. Inputs are numbered in the order of `push()`. */
  sink: FeedSink;
  /** Whether no more inputs can arrive before some have settled. */
  isStuck(): boolean;
}

export class WholeBatches implements Taker {
  readonly #init: WholeBatchesInit;
  readonly #feed: Taker;
  /** Inputs that wait for others to fill a batch, and their number. */
  #waiting: Lines[] = [];
  #waitingCount = 0;
  /** Number of inputs that were handed on, and of those without an outcome. */
  #count = 0;
  #open = 0;

  constructor(init: WholeBatchesInit) {
    this.#init = init;
    const { sink } = init;
    const ended = (count: number) => {
      this.#open -= count;
      this.stuck();
    };
    this.#feed = init.openFeed({
      ...sink,
      succeeded: (index, micros, values, workerId) => {
        sink.succeeded(index, micros, values, workerId);
        ended(values.length);
      },
      settled: (index, outcome) => {
        sink.settled(index, outcome);
        ended(1);
      },
    });
  }

  /** Takes inputs, and hands on batches that are full. */
  push(lines: Lines): void {
    const { size } = this.#init;
    const first = this.#waitingCount === 0 ? 0 : Math.min(lines.length, size - this.#waitingCount);
    if (first > 0) this.#wait(lines.slice(0, first));
    if (this.#waitingCount === size) this.#send();
    const end = lines.length - (lines.length - first) % size;
    if (end > first) this.#handOn(lines.slice(first, end));
    if (end < lines.length) this.#wait(lines.slice(end));
  }

  /** Marks the end of a synchronous run of `push()` calls. */
  arrived(): void {
    this.#feed.arrived();
  }

  /** Hands on a batch that is not full: the last one, or the next if no inputs have arrived for a while. */
  flush(): void {
    if (this.#waitingCount === 0) return;
    this.#send();
    this.#feed.arrived();
  }

  /** Hands on a batch that is not full, if nothing else can settle. */
  stuck(): void {
    if (this.#open === 0 && this.#init.isStuck()) this.flush();
  }

  /** Starts nothing more. */
  drain(reason: unknown): void {
    this.#dropWaiting(reason);
    this.#feed.drain(reason);
  }

  cancel(reason: unknown): void {
    this.#dropWaiting(reason);
    this.#feed.cancel(reason);
  }

  #wait(lines: Lines): void {
    this.#waiting.push(lines);
    this.#waitingCount += lines.length;
  }

  #send(): void {
    const [waiting, count] = [this.#waiting, this.#waitingCount];
    [this.#waiting, this.#waitingCount] = [[], 0];
    this.#handOn(new Lines(joined(waiting.map(({ bytes }) => bytes)), count));
  }

  #handOn(lines: Lines): void {
    this.#count += lines.length;
    this.#open += lines.length;
    this.#feed.push(lines);
  }

  #dropWaiting(reason: unknown): void {
    const count = this.#waitingCount;
    [this.#waiting, this.#waitingCount] = [[], 0];
    for (let at = 0; at < count; at++) {
      this.#init.sink.settled(this.#count + at, { ok: false, value: reason });
    }
  }
}
