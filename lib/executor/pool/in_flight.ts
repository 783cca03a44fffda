/**
 * What is on one worker: tasks, bodies that went on without theirs, and chunks of inputs, each known by the number
 * that the worker has for it. An input that needs a task of its own leaves its chunk here.
 *
 * @module
 */

import type { Values } from "../../wire/lines.ts";
import type { Chunk } from "../calls/chunk.ts";
import { Leftover } from "./leftover.ts";
import { areResults } from "./result_check.ts";
import type { Task, TaskOwner } from "../calls/task.ts";
import type { TaskInFlight } from "../types.ts";

/** Stands for a number of results, none of which can be one. */
export const MISFIT = -1;

/** An input of a map on a worker. */
export interface InFlightInput {
  /** Where it stands among those of the map. */
  index: number;
  /** When it was sent, in milliseconds of `performance.now()`. */
  sent: number;
}

/** The table of one worker. */
export class InFlight {
  readonly #owner: TaskOwner & { readonly id: number };
  readonly #entries = new Map<number, Task | Leftover>();
  readonly #chunks = new Set<Chunk>();
  /** Inputs in the chunks. */
  #chunked = 0;
  /** How many tasks were ever put here. */
  #sent = 0;
  /** The chunk that was found last: replies come chunk by chunk. */
  #lastChunk: Chunk | undefined;

  /** `owner` is whom the tasks here belong to. */
  constructor(owner: TaskOwner & { readonly id: number }) {
    this.#owner = owner;
  }

  /** The worker's own number. */
  get workerId(): number {
    return this.#owner.id;
  }

  /** How many tasks are on the worker, whatever stands for them here. */
  get size(): number {
    return this.#entries.size + this.#chunked;
  }

  /** Whether a task is here that has the worker to itself. */
  get hasAlone(): boolean {
    return [...this.#entries.values()].some(({ alone }) => alone);
  }

  /** The task is sent. */
  add(task: Task, now: number): void {
    task.sent = now;
    task.place = this.#sent++;
    this.#enter(task);
  }

  /** The inputs are sent. */
  addChunk(chunk: Chunk, now: number): void {
    chunk.owner = this.#owner;
    chunk.workerId = this.workerId;
    chunk.sent = now;
    chunk.place = this.#sent;
    this.#sent += chunk.size;
    this.#chunks.add(chunk);
    this.#chunked += chunk.size;
  }

  /** Takes out those that were sent after the task of this number, the last first. */
  takeSentAfter(id: number): Task[] {
    const place = this.find(id)?.place ?? Infinity;
    for (const chunk of [...this.#chunks]) {
      if (chunk.place + chunk.inputs.length > place) this.#takeApart(chunk);
    }
    const tasks = [...this.#entries.values()].filter((entry): entry is Task =>
      !(entry instanceof Leftover) && entry.place > place
    );
    for (const task of tasks) this.delete(task.wireId, task);
    return tasks.sort((one, other) => other.place - one.place);
  }

  /** The task by this number, unless it is an input of a chunk, or settled. */
  task(id: number): Task | undefined {
    const entry = this.#entries.get(id);
    return entry instanceof Leftover ? undefined : entry;
  }

  /** What is here by this number; an input of a chunk becomes a task. */
  find(id: number): Task | Leftover | undefined {
    const entry = this.#entries.get(id);
    if (entry) return entry;
    const chunk = this.#chunkOf(id);
    return chunk && this.#takeOut(chunk, id);
  }

  /** The task's body goes on without it. */
  leave(body: Leftover, id: number): void {
    this.#entries.set(id, body);
  }

  delete(id: number, entry: Task | Leftover): void {
    this.#entries.delete(id);
    isOut(entry);
  }

  /**
   * The tasks from `id` on have these results: settles those from `from` on as far as they are in one chunk and next
   * to each other, and returns how many. None if that one is in no chunk; {@link MISFIT} if they cannot be results of it.
   */
  succeed(id: number, micros: number | number[], values: Values, from: number): number {
    const chunk = this.#chunkOf(id + from);
    if (!chunk) return 0;
    const end = Math.min(values.length, chunk.endId - id);
    const all = from === 0 && end === values.length;
    const some = all || typeof micros === "number" ? micros : micros.slice(from, end);
    const own = all ? values : values.slice(from, end);
    const { encoding } = chunk.tasks.target.spec;
    if (!areResults(encoding, own, chunk.inputs, id + from - chunk.firstId)) return MISFIT;
    return chunk.succeed(id + from, some, own, (count) => {
      // Before anyone is told, who may ask how many there are.
      this.#chunked -= count;
      if (chunk.size === count) this.#chunks.delete(chunk);
    });
  }

  /** Makes a task of each input of a chunk that is here. */
  #takeApart(chunk: Chunk): void {
    for (const id of chunk.ids()) this.#takeOut(chunk, id);
  }

  /** Takes out everything. */
  clear(): (Task | Leftover)[] {
    for (const chunk of [...this.#chunks]) this.#takeApart(chunk);
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    entries.forEach(isOut);
    return entries;
  }

  /** The input of a map that was sent first, of those that have not settled. */
  oldest(): InFlightInput | undefined {
    let oldest: InFlightInput | undefined;
    const see = (index: number | undefined, sent: number) => {
      if (index !== undefined && sent < (oldest?.sent ?? Infinity)) oldest = { index, sent };
    };
    for (const chunk of this.#chunks) see(chunk.firstIndex + chunk.firstLeft, chunk.sent);
    for (const entry of this.#entries.values()) {
      if (!(entry instanceof Leftover)) see(entry.index, entry.sent);
    }
    return oldest;
  }

  /** All of it, for the caller. */
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
    const entries = [...this.#entries.values()].map((entry) => {
      const settled = entry instanceof Leftover;
      const [taskId, { spec }] = settled ? [entry.taskId, entry.task] : [entry.id, entry.target];
      return { taskId, task: spec.name, workerId, index: entry.index, ms: now - entry.sent, settled };
    });
    return [...entries, ...chunked];
  }

  /** All of it, by task. */
  list(): { taskId: number; task: string }[] {
    const chunked = [...this.#chunks].flatMap((chunk) =>
      chunk.ids().map((taskId) => ({ taskId, task: chunk.tasks.target.spec.name }))
    );
    const entries = [...this.#entries.values()].map((entry) =>
      entry instanceof Leftover
        ? { taskId: entry.taskId, task: entry.task.spec.name }
        : { taskId: entry.id, task: entry.target.spec.name }
    );
    return [...entries, ...chunked];
  }

  #chunkOf(id: number): Chunk | undefined {
    if (this.#lastChunk?.has(id)) return this.#lastChunk;
    for (const chunk of this.#chunks) if (chunk.has(id)) return this.#lastChunk = chunk;
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

function isOut(entry: Task | Leftover): void {
  const { onOut } = entry instanceof Leftover ? entry : entry.particulars;
  onOut?.();
}
