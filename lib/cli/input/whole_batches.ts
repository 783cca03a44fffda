/**
 * Hands inputs of `--batch N` to an executor over a broker, whose workers make the batches. It holds inputs back until a batch is full,
 * so that workers get whole batches.
 */

import type { BatchFeedInit } from "../../executor/calls/batch_feed.ts";
import type { InputFeed } from "../../executor/tasks/feed.ts";
import { joined } from "../../wire/bytes.ts";
import { Lines } from "../../wire/lines.ts";

/** Takes inputs like a feed of the executor. */
export class WholeBatches {
  readonly #init: BatchFeedInit;
  readonly #feed: InputFeed;
  /** Inputs that wait for others to fill a batch, and their number. */
  #waiting: Lines[] = [];
  #waitingCount = 0;
  /** Number of inputs that were handed on, and of those without an outcome. */
  #count = 0;
  #open = 0;

  constructor(init: BatchFeedInit) {
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
    }, (first) => ({ first, count: 1 }));
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

  /** Cancels everything. */
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
