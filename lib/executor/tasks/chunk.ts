/**
 * A chunk: neighbouring inputs of one map that are dispatched to a worker together. Mostly, a task is only an element of its array.
 * An input that fails, is cancelled or comes back leaves the chunk and becomes a {@link Task} of its own.
 *
 * How a chunk is formed:
 *
 * 1. `queue/dispatcher.ts` asks the queue for as many inputs as a worker has room for (`pool/pace.ts`) and as the rate lets start.
 * 2. If a feed is the next in the queue, its `Feed.take()` makes the chunk: the first inputs that wait, at most that many, out of
 *    one array of `segments.ts`.
 * 3. The rest of the feed goes back to the queue, behind the tasks that have arrived meanwhile.
 */

import type { Values } from "../../wire/lines.ts";
import { type Numbers, numbersIn } from "../../wire/series_numbers.ts";
import type { FeedTasks } from "./feed_tasks.ts";
import type { Task, TaskOwner } from "./task.ts";

interface ChunkInit {
  tasks: FeedTasks;
  /** The chunks of its feed on workers. The chunk is one of them until all its inputs have left. */
  chunks: Set<Chunk>;
  /** The number of its first task. The other tasks have the next numbers. */
  firstId: number;
  /** The index of its first input in the map. */
  firstIndex: number;
  inputs: Values;
  /** When its first input was handed in, in milliseconds of `performance.now()`. */
  submitted: number;
}

export class Chunk {
  readonly tasks: FeedTasks;
  readonly firstId: number;
  readonly firstIndex: number;
  readonly inputs: Values;
  readonly submitted: number;
  owner: TaskOwner | undefined;
  workerId = 0;
  /** When it was sent to its worker, in milliseconds of `performance.now()`. */
  sent = 0;
  /** Number of tasks that its worker was sent before it. */
  place = 0;
  /** Number of inputs that have not left. */
  size: number;
  readonly #chunks: Set<Chunk>;
  /** 1 for each input that has left, else 0. */
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

  /** Whether a task has not left. */
  has(id: number): boolean {
    return this.#left[id - this.firstId] === 0;
  }

  /** Position in the chunk of the first input that has not left. */
  get firstLeft(): number {
    return this.#left.indexOf(0);
  }

  /** Numbers of the tasks that have not left. */
  ids(): number[] {
    const ids: number[] = [];
    for (let at = 0; at < this.#left.length; at++) if (this.#left[at] === 0) ids.push(this.firstId + at);
    return ids;
  }

  /**
   * Settles the tasks from `id` on, up to one that has left. The first one must not have left, and each value must have an input.
   *
   * @param onLeft called with the number of these tasks, before their results are passed on
   * @returns The number of these tasks.
   */
  succeed(
    id: number,
    micros: Numbers,
    values: Values,
    onLeft: (count: number) => void,
  ): number {
    const first = id - this.firstId;
    const gone = this.#left.indexOf(1, first);
    const count = Math.min(values.length, gone === -1 ? Infinity : gone - first);
    this.#left.fill(1, first, first + count);
    onLeft(count);
    this.#leave(count);
    const all = count === values.length;
    const some = all ? values : values.slice(0, count);
    this.tasks.succeeded(
      this.firstIndex + first,
      all ? micros : numbersIn(micros, 0, count),
      some,
      this.workerId,
    );
    return count;
  }

  /** Makes a task of an input that has not left. */
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
