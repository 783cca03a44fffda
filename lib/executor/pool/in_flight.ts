/**
 * Everything that is on one worker, by the number by which the worker knows it: tasks, bodies that outlive their tasks, and
 * chunks of inputs. An input that needs a task of its own leaves its chunk here.
 */

import type { Values } from "../../wire/lines.ts";
import { type Numbers, numbersIn } from "../../wire/series_numbers.ts";
import type { Chunk } from "../tasks/chunk.ts";
import { Leftover } from "./leftover.ts";
import { areResults } from "./result_check.ts";
import type { Task, TaskOwner } from "../tasks/task.ts";
import type { TaskInFlight } from "../tasks/task_handle.ts";

/** Returned instead of a number of results, if the values cannot be results of their tasks. */
export const MISFIT = -1;

export interface InFlightInput {
  /** Its index among the inputs of the map. */
  index: number;
  /** When it was sent, in milliseconds of `performance.now()`. */
  sent: number;
}

export class InFlight {
  readonly #owner: TaskOwner & { readonly id: number };
  readonly #entries = new Map<number, Task | Leftover>();
  readonly #chunks = new Set<Chunk>();
  /** Number of inputs in the chunks. */
  #chunked = 0;
  /** Number of tasks that were ever sent. */
  #sent = 0;
  /** The greatest place of the tasks that have ended. */
  #ended = -1;

  /** @param owner the owner of the tasks: the worker's handle */
  constructor(owner: TaskOwner & { readonly id: number }) {
    this.#owner = owner;
  }

  get workerId(): number {
    return this.#owner.id;
  }

  /** Number of tasks on the worker, including bodies that outlive their tasks. */
  get size(): number {
    return this.#entries.size + this.#chunked;
  }

  /** Whether a task is on the worker that must run alone. */
  get hasAlone(): boolean {
    return [...this.#entries.values()].some(({ alone }) => alone);
  }

  add(task: Task, now: number): void {
    task.sent = now;
    task.place = this.#sent++;
    this.#enter(task);
  }

  addChunk(chunk: Chunk, now: number): void {
    chunk.owner = this.#owner;
    chunk.workerId = this.workerId;
    chunk.sent = now;
    chunk.place = this.#sent;
    this.#sent += chunk.size;
    this.#chunks.add(chunk);
    this.#chunked += chunk.size;
  }

  noteEnd(place: number): void {
    this.#ended = Math.max(this.#ended, place);
  }

  /**
   * The place of the last task that has begun, if the task with this number was called last. A worker starts tasks in the order
   * in which they were sent.
   */
  begunUntil(id: number): number {
    return Math.max(this.#ended, this.find(id)?.place ?? -1);
  }

  /** Takes out the tasks that were sent after the one with this place, in reverse order. */
  takeSentAfter(place: number): Task[] {
    for (const chunk of [...this.#chunks]) {
      if (chunk.place + chunk.inputs.length > place) this.#takeApart(chunk);
    }
    const tasks = [...this.#entries.values()].filter((entry): entry is Task =>
      !(entry instanceof Leftover) && entry.place > place
    );
    for (const task of tasks) this.delete(task.wireId, task);
    return tasks.sort((one, other) => other.place - one.place);
  }

  /** The task with this number; undefined if it is an input of a chunk, or has settled. */
  task(id: number): Task | undefined {
    const entry = this.#entries.get(id);
    return entry instanceof Leftover ? undefined : entry;
  }

  /** The task or body with this number. An input of a chunk becomes a task. */
  find(id: number): Task | Leftover | undefined {
    const entry = this.#entries.get(id);
    if (entry) return entry;
    const chunk = this.#chunkOf(id);
    return chunk && this.#takeOut(chunk, id);
  }

  /** Puts a body that goes on in the place of its task. */
  leave(body: Leftover, id: number): void {
    this.#entries.set(id, body);
  }

  delete(id: number, entry: Task | Leftover): void {
    this.#entries.delete(id);
    isOut(entry);
  }

  /**
   * Settles tasks of one chunk. `values` are the results of the tasks from `id` on, and the ones before `from` are done.
   *
   * @returns The number of tasks that were settled: neighbours in one chunk. 0 if the first one is in no chunk. {@link MISFIT} if
   * the values cannot be results of the chunk's task.
   */
  succeed(id: number, micros: Numbers, values: Values, from: number): number {
    const chunk = this.#chunkOf(id + from);
    if (!chunk) return 0;
    const end = Math.min(values.length, chunk.endId - id);
    const all = from === 0 && end === values.length;
    const some = all ? micros : numbersIn(micros, from, end);
    const own = all ? values : values.slice(from, end);
    const { encoding } = chunk.tasks.target.spec;
    if (!areResults(encoding, own, chunk.inputs, id + from - chunk.firstId)) return MISFIT;
    return chunk.succeed(id + from, some, own, (count) => {
      // Before the results are passed on: their receiver may read `size`.
      this.#chunked -= count;
      if (chunk.size === count) this.#chunks.delete(chunk);
      this.noteEnd(chunk.place + id + from + count - 1 - chunk.firstId);
    });
  }

  #takeApart(chunk: Chunk): void {
    for (const id of chunk.ids()) this.#takeOut(chunk, id);
  }

  clear(): (Task | Leftover)[] {
    for (const chunk of [...this.#chunks]) this.#takeApart(chunk);
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    entries.forEach(isOut);
    return entries;
  }

  /** The input of a map that was sent first, of the inputs that have not settled. */
  oldest(): InFlightInput | undefined {
    let oldest: InFlightInput | undefined;
    const consider = (index: number | undefined, sent: number) => {
      if (index !== undefined && sent < (oldest?.sent ?? Infinity)) oldest = { index, sent };
    };
    for (const chunk of this.#chunks) consider(chunk.firstIndex + chunk.firstLeft, chunk.sent);
    for (const entry of this.#entries.values()) {
      if (!(entry instanceof Leftover)) consider(entry.index, entry.sent);
    }
    return oldest;
  }

  /** One entry for each task and body. */
  running(now: number): TaskInFlight[] {
    const { workerId } = this;
    const chunked = [...this.#chunks].flatMap((chunk) =>
      chunk.ids().map((taskId) => ({
        taskId,
        task: chunk.tasks.target.spec.name,
        workerId,
        index: chunk.firstIndex + taskId - chunk.firstId,
        ms: now - chunk.sent,
        settled: false,
      }))
    );
    const entries = [...this.#entries.values()].map((entry) => ({
      taskId: entry.id,
      task: entry.target.spec.name,
      workerId,
      index: entry.index,
      ms: now - entry.sent,
      settled: entry instanceof Leftover,
    }));
    return [...entries, ...chunked];
  }

  #chunkOf(id: number): Chunk | undefined {
    for (const chunk of this.#chunks) if (chunk.has(id)) return chunk;
    return undefined;
  }

  #takeOut(chunk: Chunk, id: number): Task {
    this.#chunked--;
    const task = chunk.leave(id);
    if (chunk.size === 0) this.#chunks.delete(chunk);
    this.#enter(task);
    return task;
  }

  #enter(task: Task): void {
    task.owner = this.#owner;
    task.state = "running";
    task.workerId = this.workerId;
    task.micros = 0;
    this.#entries.set(task.wireId, task);
  }
}

/** Tells the counter of the task's key that the body of this attempt is on no worker any more. */
function isOut(entry: Task | Leftover): void {
  const { onOut } = entry instanceof Leftover ? entry : entry.particulars;
  onOut?.();
}
