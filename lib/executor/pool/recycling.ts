/**
 * Replaces workers by fresh ones: after a number of tasks, after a time, above an amount of memory, or all at once. Where this can be
 * foreseen, the successor starts earlier, and takes over when the worker gets no more tasks. The worker finishes its tasks.
 */

import type { RecycleOptions } from "../options/recycle_options.ts";
import type { Positions } from "./positions.ts";
import type { Starts } from "./starts.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** A successor is given this factor of the time that its predecessor took to start. A guess. */
const MARGIN = 2;

/** Whether a worker is due to be replaced. */
export function isDue(handle: WorkerHandle, { ageMs, heapBytes }: RecycleOptions): boolean {
  if (handle.state !== "ready") return false;
  if (handle.isOutdated || handle.tasks.left === 0) return true;
  if (heapBytes !== undefined && handle.heapBytes >= heapBytes) return true;
  return ageMs !== undefined && performance.now() - handle.readySince >= ageMs;
}

/** Whether a worker will have been sent its last task before a successor that starts now is ready. */
export function isNearlySpent(handle: WorkerHandle): boolean {
  const { state, readySince, startedIn, tasks: { used, sent, left } } = handle;
  if (state !== "ready" || !used || left === Infinity) return false;
  return left <= 1 || left * (performance.now() - readySince) <= MARGIN * sent * startedIn;
}

export interface RecyclingHost {
  /** Number of slots of each worker. */
  readonly concurrency: number;
  /** Starts a worker for a position, which it does not take yet. Returns undefined if this fails at once. */
  spawn(position: number): WorkerHandle | undefined;
  start(position: number): void;
}

interface RecyclingInit {
  /** When workers are replaced. */
  limits: RecycleOptions;
  positions: Positions;
  starts: Starts;
  pool: RecyclingHost;
}

export class Recycling {
  readonly #init: RecyclingInit;
  /** Calls of {@link all} that wait until a worker is gone. */
  readonly #outdated = new Map<WorkerHandle, PromiseWithResolvers<void>>();
  #stopped = false;

  constructor(init: RecyclingInit) {
    this.#init = init;
  }

  /** Starts a successor for a worker that is due to be recycled, or soon will be, and lets it take over when it is ready. */
  look(handle: WorkerHandle): void {
    const { limits, positions, starts, pool } = this.#init;
    const { position } = handle;
    if (this.#stopped || positions.at(position) !== handle) return;
    const due = isDue(handle, limits);
    if (!due && !isNearlySpent(handle)) return;
    if (starts.mayStart) this.#startSuccessor(position);
    const successor = positions.successorOf(position);
    // If no successor can be started now, a worker that gets no more tasks only takes its position.
    const mayGo = due && (successor ? successor.state === "ready" : handle.tasks.left === 0);
    if (!mayGo || positions.unfinished(position) + handle.inFlight >= pool.concurrency) return;
    handle.isRecycled = true;
    handle.close();
  }

  /** Replaces all present workers. Resolves when they are gone. Rejects if no successor can be started. */
  async all(): Promise<void> {
    const { positions, pool } = this.#init;
    const waiters: Promise<void>[] = [];
    // Successors that start already are not fresh.
    for (const successor of positions.successors) successor.close();
    for (const handle of positions.workers) {
      if (handle.state === "starting") {
        handle.close();
        pool.start(handle.position);
        continue;
      }
      const waiter = this.#outdated.get(handle) ?? Promise.withResolvers<void>();
      this.#outdated.set(handle, waiter);
      waiters.push(waiter.promise);
      handle.isOutdated = true;
      this.#startSuccessor(handle.position);
    }
    await Promise.all(waiters);
  }

  #startSuccessor(position: number): void {
    const { positions, pool } = this.#init;
    if (positions.successorOf(position)) return;
    const successor = pool.spawn(position);
    if (successor) positions.addSuccessor(successor);
  }

  /** Lets a successor that is ready take over. */
  ready(handle: WorkerHandle): void {
    const predecessor = this.#init.positions.at(handle.position);
    if (predecessor && predecessor !== handle) this.look(predecessor);
  }

  /** No worker can be started in a position. An outdated worker stays there. */
  startFailed(position: number, error: unknown): void {
    const handle = this.#init.positions.at(position);
    if (!handle?.isOutdated) return;
    handle.isOutdated = false;
    this.#outdated.get(handle)?.reject(error);
    this.#outdated.delete(handle);
  }

  gone(handle: WorkerHandle): void {
    this.#outdated.get(handle)?.resolve();
    this.#outdated.delete(handle);
  }

  /** Replaces no more workers, because the pool closes. */
  stop(): void {
    this.#stopped = true;
  }
}
