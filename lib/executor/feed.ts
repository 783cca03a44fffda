/**
 * The inputs of one map that were pulled, until each is settled. They wait here, and go out in chunks as workers
 * have room; the queue only knows that there are some. Where each needs something of its own (a key, a time-out),
 * they are tasks from the start.
 *
 * @module
 */

import { Chunk, type ChunkSource } from "./chunk.ts";
import { Fifo } from "./fifo.ts";
import type { TaskTarget } from "./target_table.ts";
import type { Task, TaskWaiter } from "./task.ts";

/** Where outcomes go. */
export interface FeedSink {
  /** The inputs from `index` on have these results. */
  succeeded(index: number, micros: number | number[], values: unknown[], workerId: number): void;
  /** What became of one; without a task, it never started. */
  settled(index: number, outcome: { ok: boolean; value: unknown; task?: Task }): void;
}

/** What a feed needs of its executor. */
export interface FeedHost {
  target: TaskTarget;
  priority: number;
  /** Whether every input must be a task from the start. */
  single: boolean;
  /** The number of the next task. */
  nextId(): number;
  /** Reserves so many numbers of tasks, and returns the first. */
  reserveIds(count: number): number;
  now(): number;
  /** It has inputs that wait; the queue should know. */
  filled(feed: Feed): void;
  /** Inputs that waited do so no longer. */
  removed(): void;
  succeeded(micros: number | number[], count: number): void;
  /** Makes a task and queues it. */
  submit(input: unknown, waiter: TaskWaiter): Task;
  /** Makes a task of what is on a worker. */
  makeTask(init: { id: number; input: unknown; submitted: number; waiter: TaskWaiter }): Task;
}

/** The inputs of one map. */
export class Feed implements ChunkSource {
  /** Whether it stands in the queue. */
  queued = false;
  /** Where it stands there: before the task with this number. */
  id = 0;
  readonly #host: FeedHost;
  readonly #sink: FeedSink;
  readonly #inputs = new Fifo<unknown>();
  /** How many inputs came, and at what time how many were there. */
  #count = 0;
  readonly #arrivals = new Fifo<{ count: number; at: number }>();
  readonly #chunks = new Set<Chunk>();
  readonly #tasks = new Set<Task>();

  constructor(host: FeedHost, sink: FeedSink) {
    this.#host = host;
    this.#sink = sink;
  }

  get target(): TaskTarget {
    return this.#host.target;
  }

  get priority(): number {
    return this.#host.priority;
  }

  /** Inputs that wait. */
  get size(): number {
    return this.#inputs.size;
  }

  /** Takes an input in. */
  push(input: unknown): void {
    const index = this.#count++;
    if (this.#host.single) return this.#submit(index, input);
    this.#inputs.push(input);
    // It may still stand in the queue, with nothing, because what it had was taken away.
    if (this.size > 1) return;
    if (!this.queued) this.id = this.#host.nextId();
    this.#host.filled(this);
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
    const firstId = this.#host.reserveIds(inputs.length);
    const chunk = new Chunk({ source: this, firstId, firstIndex, inputs, submitted });
    this.#chunks.add(chunk);
    this.id = this.#host.nextId();
    return chunk;
  }

  succeeded(index: number, micros: number | number[], values: unknown[], workerId: number): void {
    this.#host.succeeded(micros, values.length);
    this.#sink.succeeded(index, micros, values, workerId);
  }

  makeTask({ firstId, firstIndex, inputs, submitted }: Chunk, at: number): Task {
    const waiter = this.#waiter(firstIndex + at);
    const task = this.#host.makeTask({ id: firstId + at, input: inputs[at], submitted, waiter });
    this.#tasks.add(task);
    return task;
  }

  emptied(chunk: Chunk): void {
    this.#chunks.delete(chunk);
  }

  /** Those that wait fail, with an error of their own each. */
  failWaiting(error: () => unknown): void {
    if (this.size === 0) return;
    const first = this.#count - this.size;
    const { length } = this.#inputs.take(this.size);
    this.#host.removed();
    for (let at = 0; at < length; at++) this.#sink.settled(first + at, { ok: false, value: error() });
  }

  /** Nothing more is started. */
  drain(reason: unknown): void {
    this.failWaiting(() => reason);
    for (const task of [...this.#tasks]) if (task.state === "pending") task.cancel(reason);
  }

  /** Cancels everything. */
  cancel(reason: unknown): void {
    this.failWaiting(() => reason);
    for (const task of this.#all()) task.cancel(reason);
  }

  /** Cancels everything, and resolves when no body runs any more. */
  async stop(reason: unknown): Promise<void> {
    this.failWaiting(() => reason);
    const released: Promise<void>[] = [];
    for (const task of this.#all()) {
      if (task.state === "running") {
        released.push(new Promise((resolve) => task.set({ onReleased: resolve })));
      }
      task.cancel(reason);
    }
    await Promise.all(released);
  }

  #all(): Task[] {
    for (const chunk of [...this.#chunks]) chunk.holder?.takeApart(chunk);
    return [...this.#tasks];
  }

  #submit(index: number, input: unknown): void {
    try {
      const task = this.#host.submit(input, this.#waiter(index));
      if (task.state !== "settled") this.#tasks.add(task);
    } catch (error) {
      // The input's own `transfer` function threw.
      this.#sink.settled(index, { ok: false, value: error });
    }
  }

  #waiter(index: number): TaskWaiter {
    const settled = (ok: boolean, value: unknown, task: Task) => {
      this.#tasks.delete(task);
      this.#sink.settled(index, { ok, value, task });
    };
    return {
      resolve: (value, task) => settled(true, value, task),
      reject: (error, task) => settled(false, error, task),
    };
  }
}
