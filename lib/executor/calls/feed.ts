/**
 * The inputs of one map that were pulled, or of calls of `run()` that are alike, until each is settled. They wait here,
 * and go out in chunks as workers have room; the queue only knows that there are some. Where each needs something of
 * its own (a key, a time-out), they are tasks from the start.
 *
 * @module
 */

import { Lines, type Values } from "../../wire/lines.ts";
import type { CallHost, FeedSpec } from "../host.ts";
import { Chunk } from "./chunk.ts";
import { type FeedSink, FeedTasks } from "./feed_tasks.ts";
import { Fifo } from "./fifo.ts";
import { Segments } from "./segments.ts";

export type { FeedSink, TaskFacts } from "./feed_tasks.ts";

/** Where a map hands in its inputs, wherever they run. */
export interface InputFeed {
  /** Takes inputs in; the array is not the caller's any more. */
  push(inputs: Values): void;
  /** All that were pushed just now are there. */
  arrived(): void;
  /** Nothing more is started. */
  drain(reason: unknown): void;
  /** Cancels everything. */
  cancel(reason: unknown): void;
  /** Cancels everything, and resolves when no body runs any more, those of tasks that had timed out included. */
  stop(reason: unknown): Promise<void>;
}

/** What it takes to make a feed. */
export interface FeedInit {
  host: CallHost;
  spec: FeedSpec;
  sink: FeedSink;
  filled: (feed: Feed) => void;
}

/** Inputs of one task. */
export class Feed implements InputFeed {
  /** Whether it stands in the queue. */
  queued = false;
  /** Where it stands there: before the task with this number. */
  id = 0;
  readonly #host: CallHost;
  readonly #spec: FeedSpec;
  readonly #onFilled: (feed: Feed) => void;
  readonly #inputs = new Segments();
  /** How many inputs came, and at what time how many were there. */
  #count = 0;
  readonly #arrivals = new Fifo<{ count: number; at: number }>();
  /** The inputs that have left: in chunks on workers, or as tasks. */
  readonly #chunks = new Set<Chunk>();
  readonly #tasks: FeedTasks;

  /** `filled` is told when inputs wait here and none did before: the queue should know. */
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

  /** Inputs that wait. */
  get size(): number {
    return this.#inputs.size;
  }

  /** Takes inputs in; the array is not the caller's any more. */
  push(inputs: Values): void {
    if (this.#spec.single) return this.#submitAll(inputs);
    const wasEmpty = this.size === 0;
    this.#count += inputs.length;
    this.#inputs.push(inputs);
    if (wasEmpty) this.#filled();
  }

  /** Takes in one that has come now. */
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

  /** All that were pushed just now are there. */
  arrived(): void {
    if (this.size > 0) this.#arrivals.push({ count: this.#count, at: this.#host.now() });
  }

  /** Hands out some of those that wait. */
  take(most: number): Chunk {
    const firstIndex = this.#count - this.size;
    const inputs = this.#inputs.take(most);
    while (this.#arrivals.size > 1 && this.#arrivals.peek()!.count <= firstIndex) this.#arrivals.shift();
    const submitted = this.#arrivals.peek()?.at ?? this.#host.now();
    // Of lines one more than are used: results of neighbouring chunks would come back as one block, to be taken apart.
    const firstId = this.#host.reserveIds(inputs.length + (inputs instanceof Lines ? 1 : 0));
    this.id = this.#host.nextId();
    return new Chunk({ tasks: this.#tasks, chunks: this.#chunks, firstId, firstIndex, inputs, submitted });
  }

  /** Those that wait fail, with an error of their own each. */
  failWaiting(error: () => unknown): void {
    const length = this.size;
    if (length === 0) return;
    const first = this.#count - length;
    this.#inputs.clear();
    this.#host.removed();
    for (let at = 0; at < length; at++) this.#tasks.fail(first + at, error());
  }

  /** Nothing more is started. */
  drain(reason: unknown): void {
    this.failWaiting(() => reason);
    this.#tasks.drain(reason);
  }

  /** Cancels everything. */
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
    // It may still stand in the queue, with nothing, because what it had was taken away.
    if (!this.queued) this.id = this.#host.nextId();
    this.#onFilled(this);
  }

  #submitAll(inputs: Values): void {
    for (let at = 0; at < inputs.length; at++) this.#tasks.submit(this.#count++, inputs.at(at));
  }
}
