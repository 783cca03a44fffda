/**
 * Pairs waiting tasks with workers that have room, once per turn: whatever was submitted and whatever
 * fell free within a turn is paired together, and leaves in one batch per worker.
 *
 * @module
 */

import { after } from "../deadlines.ts";
import { Chunk } from "../calls/chunk.ts";
import type { ExecutorHost } from "../host.ts";
import type { Pool } from "../pool/pool.ts";
import type { Rate } from "./rate.ts";
import type { Task } from "../calls/task.ts";
import type { TaskQueue } from "./task_queue.ts";
import type { WorkerHandle } from "../pool/worker_handle.ts";

/** What a dispatcher works on. */
export interface DispatcherInit {
  queue: TaskQueue;
  pool: Pool;
  /** How many may start per time, if that has a limit. */
  rate?: Rate;
  host: ExecutorHost;
}

/** Moves tasks from the queue to the workers. */
export class Dispatcher {
  readonly #queue: TaskQueue;
  readonly #pool: Pool;
  readonly #rate: Rate | undefined;
  readonly #host: ExecutorHost;
  /** The time of this turn, once it was asked for. */
  #now: number | undefined;
  #scheduled = false;
  /** Whether nothing is to start. */
  #paused = false;
  /** How many tasks may start in this round. */
  #due = Infinity;
  #rateTimer: ReturnType<typeof setTimeout> | undefined;

  constructor({ queue, pool, rate, host }: DispatcherInit) {
    this.#queue = queue;
    this.#pool = pool;
    this.#rate = rate;
    this.#host = host;
  }

  /** Sees to it that a round takes place at the end of this turn. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#round);
  }

  /** The time, read once per turn: each turn in which it is read ends in a round, which forgets it. */
  now(): number {
    if (this.#now === undefined) {
      this.#now = performance.now();
      this.schedule();
    }
    return this.#now;
  }

  /** Whether nothing is to start. */
  set paused(paused: boolean) {
    this.#paused = paused;
    this.schedule();
  }

  readonly #round = (): void => {
    this.#scheduled = false;
    if (this.#paused) this.#forgetTimer();
    else if (this.#rate) this.#pairInTime(this.#rate);
    else if (this.#queue.size > 0) this.#pair();
    this.#now = undefined;
    this.#host.roundEnded();
  };

  /** Pairs no more than may start now; for the others there will be another round. */
  #pairInTime(rate: Rate): void {
    const now = performance.now();
    // A start that is on its way may be at any time from now on: the next is counted from that.
    const awaited = Math.max(0, ...this.#pool.all.map(({ startAwaitedUntil }) => startAwaitedUntil - now));
    const overdue = this.#pool.all.reduce((sum, handle) => sum + handle.startsOverdue(now), 0);
    const due = this.#due = awaited > 0 ? 0 : rate.due(now, overdue);
    if (this.#queue.size > 0) this.#pair();
    rate.started(due - this.#due, now);
    this.#forgetTimer();
    // A timer that is left would keep the program alive.
    if (this.#queue.startable === 0) return;
    const wait = Math.max(awaited, rate.wait(now, overdue));
    if (wait === 0) return;
    this.#rateTimer = after(wait, () => {
      this.#rateTimer = undefined;
      this.schedule();
    });
  }

  #forgetTimer(): void {
    clearTimeout(this.#rateTimer);
    this.#rateTimer = undefined;
  }

  #pair(): void {
    const waiting = Math.min(this.#queue.startable, this.#due);
    this.#pool.scale(waiting, this.#queue.positionsAskedFor());
    const workers = this.#pool.workers;
    if (waiting > 0) this.#pairAlone(workers.filter(({ accepts }) => accepts));
    const ready = workers.filter((handle) => handle.state === "ready" && !handle.reserved);
    if (ready.length === 0) return;
    // What may start now is not kept for one that cannot yet: the next place in time is another's.
    const starting = this.#rate ? 0 : workers.filter((handle) => this.#pool.startsSoon(handle)).length;

    // First everyone up to the same level, so that nobody is full while another idles, and so that
    // a worker that is about to be ready finds its share.
    const now = performance.now();
    const inFlight = ready.reduce((sum, handle) => sum + handle.inFlight, 0);
    const level = Math.ceil((waiting + inFlight) / (ready.length + starting));
    for (const handle of ready) {
      this.#fill(handle, Math.min(this.#pool.room(handle, now), level - handle.inFlight));
    }

    // Then what is left to those who have room for it.
    for (const handle of ready) {
      if (starting === 0) this.#fill(handle, this.#pool.room(handle, now));
      else this.#fillWithOwn(handle, this.#pool.room(handle, now));
      handle.flush();
    }
  }

  /** Tasks that must run alone get workers that are kept free for them, half of all at the most. */
  #pairAlone(ready: WorkerHandle[]): void {
    const free = ready.filter((handle) => !handle.reserved);
    let reserved = ready.length - free.length;
    // As a rule there are none, and with many workers the rest takes its time.
    if (reserved === 0 && this.#queue.alone === 0) return;
    free.sort((a, b) => a.inFlight - b.inFlight);
    const most = Math.max(1, Math.floor(ready.length / 2));
    while (free.length > 0 && reserved < Math.min(this.#queue.alone, most)) {
      const wanted = new Set(this.#queue.positionsOfAlone());
      const at = free.findIndex(({ position }) => wanted.has(undefined) || wanted.has(position));
      if (at === -1) break;
      free.splice(at, 1)[0].reserved = true;
      reserved++;
    }
    for (const handle of ready) {
      if (!handle.reserved || handle.runsAlone) continue;
      if (handle.inFlight > 0 && this.#queue.wantsAlone(handle.position)) continue;
      if (this.#due === 0) continue;
      // None if the one it was kept for was cancelled, or has run elsewhere.
      const task = this.#queue.takeAlone(handle.position);
      handle.reserved = task !== undefined;
      // Those that still wait may need another worker to be kept free.
      this.schedule();
      if (!task) continue;
      this.#send(task, handle);
      handle.flush();
    }
  }

  #fill(handle: WorkerHandle, room: number): void {
    while (room > 0 && this.#due > 0) {
      const next = this.#queue.take(handle.position, Math.min(room, this.#due));
      if (!next) return;
      room -= next instanceof Chunk ? next.size : 1;
      if (next instanceof Chunk) this.#sendChunk(next, handle);
      else this.#send(next, handle);
    }
  }

  #fillWithOwn(handle: WorkerHandle, room: number): void {
    for (; room > 0 && this.#due > 0; room--) {
      const task = this.#queue.takeOwn(handle.position);
      if (!task) return;
      this.#send(task, handle);
    }
  }

  #sendChunk(chunk: Chunk, handle: WorkerHandle): void {
    this.#due -= chunk.size;
    handle.startChunk(chunk);
    this.#host.startedChunk(chunk.submitted, chunk.inputs.length);
  }

  #send(task: Task, handle: WorkerHandle): void {
    this.#due--;
    handle.start(task);
    this.#host.started(task);
  }
}
