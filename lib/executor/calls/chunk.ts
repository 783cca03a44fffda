/**
 * Neighbouring inputs of one map that are on a worker together: in the common case, a task is no more than a place in an
 * array. An input that fails, is cancelled or comes back leaves its chunk and becomes a {@link Task} of its own.
 *
 * `Feed.take()` makes chunks; `queue/dispatcher.ts` and `pool/pace.ts` decide their size.
 *
 * @module
 */

import type { Values } from "../../wire/lines.ts";
import type { FeedTasks } from "./feed_tasks.ts";
import type { Task, TaskOwner } from "./task.ts";

/** What it takes to make a chunk. */
export interface ChunkInit {
  /** The tasks of its feed. */
  tasks: FeedTasks;
  /** The chunks of its feed that are on workers: it is one of them until all its inputs have left. */
  chunks: Set<Chunk>;
  /** The number of its first task; the others have the next ones. */
  firstId: number;
  /** Where its first input stands among the map's. */
  firstIndex: number;
  inputs: Values;
  /** When the first was submitted, in milliseconds of `performance.now()`. */
  submitted: number;
}

/** Some inputs on one worker. */
export class Chunk {
  readonly tasks: FeedTasks;
  readonly firstId: number;
  readonly firstIndex: number;
  readonly inputs: Values;
  readonly submitted: number;
  /** The worker that it is on. */
  owner: TaskOwner | undefined;
  workerId = 0;
  /** When it was sent to its worker, in milliseconds of `performance.now()`. */
  sent = 0;
  /** Number of tasks that its worker was sent before it. */
  place = 0;
  /** Inputs that have not left. */
  size: number;
  readonly #chunks: Set<Chunk>;
  /** A 1 for each that has. */
  readonly #left: Uint8Array;

  constructor({ tasks, chunks, firstId, firstIndex, inputs, submitted }: ChunkInit) {
    this.tasks = tasks;
    this.#chunks = chunks;
    this.firstId = firstId;
    this.firstIndex = firstIndex;
    this.inputs = inputs;
    this.submitted = submitted;
    this.size = inputs.length;
    this.#left = new Uint8Array(inputs.length);
    chunks.add(this);
  }

  /** The number after that of its last task. */
  get endId(): number {
    return this.firstId + this.inputs.length;
  }

  /** Whether this task is here. */
  has(id: number): boolean {
    return this.#left[id - this.firstId] === 0;
  }

  /** Where the first that is here stands in it. */
  get firstLeft(): number {
    return this.#left.indexOf(0);
  }

  /** The tasks that are here. */
  ids(): number[] {
    const ids: number[] = [];
    for (let at = 0; at < this.#left.length; at++) if (this.#left[at] === 0) ids.push(this.firstId + at);
    return ids;
  }

  /**
   * Settles the tasks from `id` on, until one that has left; returns how many. That one must be here, and there must be
   * inputs for all values. `onLeft` is told the same before anyone hears of the results.
   */
  succeed(
    id: number,
    micros: number | number[],
    values: Values,
    onLeft: (count: number) => void,
  ): number {
    const first = id - this.firstId;
    const end = first + values.length;
    let at = first;
    while (at < end && this.#left[at] === 0) this.#left[at++] = 1;
    const count = at - first;
    onLeft(count);
    this.#leave(count);
    const some = count === values.length ? values : values.slice(0, count);
    this.tasks.succeeded(this.firstIndex + first, micros, some, this.workerId);
    return count;
  }

  /** Makes a task of one that is here. */
  leave(id: number): Task {
    const at = id - this.firstId;
    this.#left[at] = 1;
    const { inputs, submitted } = this;
    const task = this.tasks.make(this.firstIndex + at, { id, input: inputs.at(at), submitted });
    task.sent = this.sent;
    task.place = this.place + at;
    this.#leave(1);
    return task;
  }

  #leave(count: number): void {
    this.size -= count;
    if (this.size === 0) this.#chunks.delete(this);
  }
}
