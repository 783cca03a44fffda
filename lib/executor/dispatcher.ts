/**
 * Pairs waiting tasks with workers that have room, once per turn: whatever was submitted and whatever
 * fell free within a turn is paired together, and leaves in one batch per worker.
 *
 * @module
 */

import { Chunk } from "./chunk.ts";
import type { Pool } from "./pool.ts";
import type { Task } from "./task.ts";
import type { TaskQueue } from "./task_queue.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** What a dispatcher works on. */
export interface DispatcherInit {
  queue: TaskQueue;
  pool: Pool;
  /** A task is on its way to a worker. */
  onStart(task: Task): void;
  /** Some inputs of a map are. */
  onStartChunk(chunk: Chunk): void;
  /** A round is over. */
  onRound(): void;
}

/** Moves tasks from the queue to the workers. */
export class Dispatcher {
  readonly #queue: TaskQueue;
  readonly #pool: Pool;
  readonly #onStart: (task: Task) => void;
  readonly #onStartChunk: (chunk: Chunk) => void;
  readonly #onRound: () => void;
  #scheduled = false;

  constructor({ queue, pool, onStart, onStartChunk, onRound }: DispatcherInit) {
    this.#queue = queue;
    this.#pool = pool;
    this.#onStart = onStart;
    this.#onStartChunk = onStartChunk;
    this.#onRound = onRound;
  }

  /** Sees to it that a round takes place at the end of this turn. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#round);
  }

  readonly #round = (): void => {
    this.#scheduled = false;
    if (this.#queue.size > 0) {
      this.#pool.scale(this.#queue.size, this.#queue.slotsAskedFor());
      this.#pair();
    }
    this.#onRound();
  };

  #pair(): void {
    const workers = this.#pool.workers;
    this.#pairAlone(workers.filter(({ accepts }) => accepts));
    const ready = workers.filter((handle) => handle.state === "ready" && !handle.reserved);
    if (ready.length === 0) return;
    const starting = workers.filter((handle) => this.#pool.startsSoon(handle)).length;

    // First everyone up to the same level, so that nobody is full while another idles, and so that
    // a worker that is about to be ready finds its share.
    const now = performance.now();
    const inFlight = ready.reduce((sum, handle) => sum + handle.inFlight, 0);
    const level = Math.ceil((this.#queue.size + inFlight) / (ready.length + starting));
    for (const handle of ready) this.#fill(handle, Math.min(handle.room(now), level - handle.inFlight));

    // Then what is left to those who have room for it.
    for (const handle of ready) {
      if (starting === 0) this.#fill(handle, handle.room(now));
      else this.#fillWithOwn(handle, handle.room(now));
      handle.flush();
    }
  }

  /** Tasks that must run alone get workers that are kept free for them, half of all at the most. */
  #pairAlone(ready: WorkerHandle[]): void {
    const least = (a: WorkerHandle, b: WorkerHandle) => a.inFlight - b.inFlight;
    const free = ready.filter((handle) => !handle.reserved).sort(least);
    let reserved = ready.length - free.length;
    const most = Math.max(1, Math.floor(ready.length / 2));
    while (free.length > 0 && reserved < Math.min(this.#queue.alone, most)) {
      const wanted = new Set(this.#queue.slotsOfAlone());
      const at = free.findIndex(({ slot }) => wanted.has(undefined) || wanted.has(slot));
      if (at === -1) break;
      free.splice(at, 1)[0].reserved = true;
      reserved++;
    }
    for (const handle of ready) {
      if (!handle.reserved || handle.runsAlone) continue;
      if (handle.inFlight > 0 && this.#queue.wantsAlone(handle.slot)) continue;
      // None if the one it was kept for was cancelled, or has run elsewhere.
      const task = this.#queue.takeAlone(handle.slot);
      handle.reserved = task !== undefined;
      // Those that still wait may need another worker to be kept free.
      this.schedule();
      if (!task) continue;
      this.#send(task, handle);
      handle.flush();
    }
  }

  #fill(handle: WorkerHandle, room: number): void {
    while (room > 0) {
      const next = this.#queue.take(handle.slot, room);
      if (!next) return;
      room -= next instanceof Chunk ? next.size : 1;
      if (next instanceof Chunk) this.#sendChunk(next, handle);
      else this.#send(next, handle);
    }
  }

  #fillWithOwn(handle: WorkerHandle, room: number): void {
    for (; room > 0; room--) {
      const task = this.#queue.takeOwn(handle.slot);
      if (!task) return;
      this.#send(task, handle);
    }
  }

  #sendChunk(chunk: Chunk, handle: WorkerHandle): void {
    handle.startChunk(chunk);
    this.#onStartChunk(chunk);
  }

  #send(task: Task, handle: WorkerHandle): void {
    handle.start(task);
    this.#onStart(task);
  }
}
