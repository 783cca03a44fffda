/**
 * Pairs waiting tasks with workers that have room, once per turn: whatever was submitted and whatever
 * fell free within a turn is paired together, and leaves in one batch per worker.
 *
 * @module
 */

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
  /** A round is over. */
  onRound(): void;
}

/** Moves tasks from the queue to the workers. */
export class Dispatcher {
  readonly #queue: TaskQueue;
  readonly #pool: Pool;
  readonly #onStart: (task: Task) => void;
  readonly #onRound: () => void;
  #scheduled = false;

  constructor({ queue, pool, onStart, onRound }: DispatcherInit) {
    this.#queue = queue;
    this.#pool = pool;
    this.#onStart = onStart;
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
    const ready = workers.filter((handle) => handle.state === "ready");
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

  #fill(handle: WorkerHandle, room: number): void {
    for (; room > 0; room--) {
      const task = this.#queue.take(handle.slot);
      if (!task) return;
      this.#send(task, handle);
    }
  }

  #fillWithOwn(handle: WorkerHandle, room: number): void {
    for (; room > 0; room--) {
      const task = this.#queue.takeOwn(handle.slot);
      if (!task) return;
      this.#send(task, handle);
    }
  }

  #send(task: Task, handle: WorkerHandle): void {
    handle.start(task);
    this.#onStart(task);
  }
}
