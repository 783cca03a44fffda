/**
 * A feed: the inputs of one map, or of a series of `run()` calls, from when they were pulled until they settle. They wait here and
 * leave in chunks as workers have room. The queue knows only the feed. Inputs that need something of their own, such as a key or a
 * timeout, are tasks from the start.
 */

import { Lines, type Values } from "../../wire/lines.ts";
import type { FeedHost, FeedSpec } from "./feed_host.ts";
import { Chunk } from "./chunk.ts";
import { type FeedSink, FeedTasks } from "./feed_tasks.ts";
import { Fifo } from "../basics/fifo.ts";
import { Segments } from "./segments.ts";

export type { FeedSink, PrintedPiece, TaskFacts } from "./feed_tasks.ts";
export type { EarlyOutputs } from "./task.ts";

/** Takes the inputs of a map, with workers on this machine or on others. */
export interface InputFeed {
  /** Takes inputs. The array is not the caller's any more. */
  push(inputs: Values): void;
  /** Marks the end of a synchronous run of `push()` calls. */
  arrived(): void;
  /** Cancels the inputs that have not started. */
  drain(reason: unknown): void;
  /** Cancels all inputs. */
  cancel(reason: unknown): void;
  /** Cancels all inputs. Resolves when no body runs any more, including bodies of tasks that have timed out. */
  stop(reason: unknown): Promise<void>;
}

interface FeedInit {
  host: FeedHost;
  spec: FeedSpec;
  sink: FeedSink;
  /** Called when inputs wait in a feed that had none: it must stand in the queue. */
  filled: (feed: Feed) => void;
}

export class Feed implements InputFeed {
  /** Whether it stands in the queue. */
  queued = false;
  /** Its place in the queue: before the task with this number. */
  id = 0;
  readonly #host: FeedHost;
  readonly #spec: FeedSpec;
  readonly #onFilled: (feed: Feed) => void;
  readonly #inputs = new Segments();
  /** Number of inputs that have arrived, and how many had arrived at what time. */
  #count = 0;
  readonly #arrivals = new Fifo<{ count: number; at: number }>();
  readonly #chunks = new Set<Chunk>();
  readonly #tasks: FeedTasks;

  constructor({ host, spec, sink, filled }: FeedInit) {
    this.#host = host;
    this.#spec = spec;
    this.#onFilled = filled;
    this.#tasks = new FeedTasks(host, spec, sink);
  }

  get priority(): number {
    return this.#spec.shared.priority;
  }

  get keepsPlace(): boolean {
    return this.#spec.keepsPlace;
  }

  /** Number of inputs that wait. */
  get size(): number {
    return this.#inputs.size;
  }

  push(inputs: Values): void {
    if (this.#spec.single) return this.#submitAll(inputs);
    const wasEmpty = this.size === 0;
    this.#count += inputs.length;
    this.#inputs.push(inputs);
    if (wasEmpty) this.#filled();
  }

  /** Takes one input, which has arrived now. */
  add(input: unknown): void {
    const now = this.#host.now();
    const wasEmpty = this.size === 0;
    this.#count++;
    this.#inputs.add(input);
    const last = this.#arrivals.peekLast();
    if (last?.at === now) last.count = this.#count;
    else this.#arrivals.push({ count: this.#count, at: now });
    if (wasEmpty) this.#filled();
  }

  arrived(): void {
    if (this.size > 0) this.#arrivals.push({ count: this.#count, at: this.#host.now() });
  }

  take(most: number): Chunk {
    const firstIndex = this.#count - this.size;
    const inputs = this.#inputs.take(most);
    while (this.#arrivals.size > 1 && this.#arrivals.peek()!.count <= firstIndex) this.#arrivals.shift();
    const submitted = this.#arrivals.peek()?.at ?? this.#host.now();
    // With one unused number after lines. Otherwise results of neighbouring chunks would come back as one block, to be split.
    const firstId = this.#host.reserveIds(inputs.length + (inputs instanceof Lines ? 1 : 0));
    this.id = this.#host.nextId();
    return new Chunk({ tasks: this.#tasks, chunks: this.#chunks, firstId, firstIndex, inputs, submitted });
  }

  /** Fails each input that waits with an error of its own. */
  failWaiting(error: () => unknown): void {
    const length = this.size;
    if (length === 0) return;
    const first = this.#count - length;
    this.#inputs.clear();
    this.#host.removed();
    for (let at = 0; at < length; at++) this.#tasks.fail(first + at, error());
  }

  drain(reason: unknown): void {
    this.failWaiting(() => reason);
    this.#tasks.drain(reason);
  }

  cancel(reason: unknown): void {
    this.failWaiting(() => reason);
    for (const chunk of [...this.#chunks]) chunk.owner?.takeApart?.(chunk.ids());
    this.#tasks.cancel(reason);
  }

  async stop(reason: unknown): Promise<void> {
    this.cancel(reason);
    await this.#tasks.gone();
  }

  #filled(): void {
    // A feed whose inputs were taken away may still stand in the queue.
    if (!this.queued) this.id = this.#host.nextId();
    this.#onFilled(this);
  }

  #submitAll(inputs: Values): void {
    for (let at = 0; at < inputs.length; at++) this.#tasks.submit(this.#count++, inputs.at(at));
  }
}
