/**
 * The inputs of one map that were pulled, or of calls of `run()` that are alike, until each is settled. They wait here,
 * and go out in chunks as workers have room; the queue only knows that there are some. Where each needs something of
 * its own (a key, a time-out), they are tasks from the start.
 *
 * @module
 */

import { Lines, type Values } from "../../wire/lines.ts";
import { Bodies } from "../pool/bodies.ts";
import { Chunk, type ChunkSource } from "./chunk.ts";
import { Fifo } from "./fifo.ts";
import { Segments } from "./segments.ts";
import type { TaskTarget } from "./target_table.ts";
import type { Task, TaskWaiter } from "./task.ts";

/** Where outcomes go. */
export interface FeedSink {
  /** The inputs from `index` on have these results. */
  succeeded(index: number, micros: number | number[], values: Values, workerId: number): void;
  /** What became of one; without a task, it never started. */
  settled(index: number, outcome: { ok: boolean; value: unknown; task?: TaskFacts }): void;
  /** An attempt at one failed, and another will follow. */
  retried?(index: number, task: TaskFacts): void;
}

/** What is told of a task that has settled. */
export type TaskFacts = Pick<Task, "attempt" | "micros" | "workerId">;

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

/** What a feed needs of its executor. */
export interface FeedHost {
  target: TaskTarget;
  priority: number;
  /** Whether every input must be a task from the start. */
  single: boolean;
  /** Where its first input stands among those of a map, as bodies see it; undefined if they see none. */
  firstInput?: number;
  /** Whether all go out before what came after them. */
  keepsPlace: boolean;
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
  /** Makes a task of the input with this index and queues it. */
  submit(index: number, input: unknown, waiter: TaskWaiter): Task;
  /** Makes a task of what is on a worker. */
  makeTask(init: { id: number; input: unknown; submitted: number; waiter: TaskWaiter }): Task;
}

/** Inputs of one task. */
export class Feed implements ChunkSource, InputFeed {
  /** Whether it stands in the queue. */
  queued = false;
  /** Where it stands there: before the task with this number. */
  id = 0;
  readonly #host: FeedHost;
  readonly #sink: FeedSink;
  readonly #inputs = new Segments();
  /** How many inputs came, and at what time how many were there. */
  #count = 0;
  readonly #arrivals = new Fifo<{ count: number; at: number }>();
  readonly #chunks = new Set<Chunk>();
  readonly #tasks = new Set<Task>();
  readonly #bodies = new Bodies();

  constructor(host: FeedHost, sink: FeedSink) {
    this.#host = host;
    this.#sink = sink;
  }

  get target(): TaskTarget {
    return this.#host.target;
  }

  get firstInput(): number | undefined {
    return this.#host.firstInput;
  }

  get priority(): number {
    return this.#host.priority;
  }

  get keepsPlace(): boolean {
    return this.#host.keepsPlace;
  }

  /** Inputs that wait. */
  get size(): number {
    return this.#inputs.size;
  }

  /** Takes inputs in; the array is not the caller's any more. */
  push(inputs: Values): void {
    if (this.#host.single) return this.#submitAll(inputs);
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
    const chunk = new Chunk({ source: this, firstId, firstIndex, inputs, submitted });
    this.#chunks.add(chunk);
    this.id = this.#host.nextId();
    return chunk;
  }

  succeeded(index: number, micros: number | number[], values: Values, workerId: number): void {
    this.#host.succeeded(micros, values.length);
    this.#sink.succeeded(index, micros, values, workerId);
  }

  makeTask({ firstId, firstIndex, inputs, submitted }: Chunk, at: number): Task {
    const waiter = this.#waiter(firstIndex + at);
    const task = this.#host.makeTask({ id: firstId + at, input: inputs.at(at), submitted, waiter });
    this.#tasks.add(task);
    return task;
  }

  emptied(chunk: Chunk): void {
    this.#chunks.delete(chunk);
  }

  /** Those that wait fail, with an error of their own each. */
  failWaiting(error: () => unknown): void {
    const length = this.size;
    if (length === 0) return;
    const first = this.#count - length;
    this.#inputs.clear();
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

  async stop(reason: unknown): Promise<void> {
    this.cancel(reason);
    await this.#bodies.gone();
  }

  #filled(): void {
    // It may still stand in the queue, with nothing, because what it had was taken away.
    if (!this.queued) this.id = this.#host.nextId();
    this.#host.filled(this);
  }

  #all(): Task[] {
    for (const chunk of [...this.#chunks]) chunk.holder?.takeApart(chunk);
    return [...this.#tasks];
  }

  #submitAll(inputs: Values): void {
    for (let at = 0; at < inputs.length; at++) this.#submit(this.#count++, inputs.at(at));
  }

  #submit(index: number, input: unknown): void {
    try {
      const task = this.#host.submit(index, input, this.#waiter(index));
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
    const { firstInput } = this.#host;
    return {
      index,
      inputIndex: firstInput === undefined ? undefined : firstInput + index,
      bodies: this.#bodies,
      resolve: (value, task) => settled(true, value, task),
      reject: (error, task) => settled(false, error, task),
      retried: (_, task) => this.#sink.retried?.(index, task),
    };
  }
}
