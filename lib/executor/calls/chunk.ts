/**
 * Neighbouring inputs of one map that are on a worker together: the common case, in which a task is a place in
 * an array. One that fails, is cancelled or comes back leaves, and becomes a {@link Task} of its own.
 *
 * @module
 */

import type { Values } from "../../wire/lines.ts";
import type { TaskTarget } from "./target_table.ts";
import type { Task } from "./task.ts";

/** Whose inputs they are. */
export interface ChunkSource {
  readonly target: TaskTarget;
  /** Where its first input stands among those of a map, as bodies see it; undefined if they see none. */
  readonly firstInput?: number;
  /** The inputs from `index` on, as many as there are values, have these results. `micros` is how long each took. */
  succeeded(index: number, micros: number | number[], values: Values, workerId: number): void;
  /** Makes a task of one input of the chunk. */
  makeTask(chunk: Chunk, at: number): Task;
  /** All inputs have left the chunk. */
  emptied(chunk: Chunk): void;
}

/** The worker that has a chunk, as its source sees it. */
export interface ChunkHolder {
  readonly workerId: number;
  /** Makes each input of the chunk a task, and has them in the chunk's place. */
  takeApart(chunk: Chunk): Task[];
}

/** What it takes to make a chunk. */
export interface ChunkInit {
  source: ChunkSource;
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
  readonly source: ChunkSource;
  readonly firstId: number;
  readonly firstIndex: number;
  readonly inputs: Values;
  readonly submitted: number;
  holder: ChunkHolder | undefined;
  /** When it was sent to its worker, in milliseconds of `performance.now()`; */
  sent = 0;
  /** and how many tasks that worker was sent before it. */
  place = 0;
  /** Inputs that have not left. */
  size: number;
  /** A 1 for each that has. */
  readonly #left: Uint8Array;

  constructor({ source, firstId, firstIndex, inputs, submitted }: ChunkInit) {
    this.source = source;
    this.firstId = firstId;
    this.firstIndex = firstIndex;
    this.inputs = inputs;
    this.submitted = submitted;
    this.size = inputs.length;
    this.#left = new Uint8Array(inputs.length);
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
    this.source.succeeded(this.firstIndex + first, micros, some, this.holder!.workerId);
    return count;
  }

  /** Makes a task of one that is here. */
  leave(id: number): Task {
    const at = id - this.firstId;
    this.#left[at] = 1;
    const task = this.source.makeTask(this, at);
    task.sent = this.sent;
    task.place = this.place + at;
    this.#leave(1);
    return task;
  }

  #leave(count: number): void {
    this.size -= count;
    if (this.size === 0) this.source.emptied(this);
  }
}
