/**
 * The positions of one pool: the worker in each, its successor that starts, and the workers that have left their positions and are
 * not gone yet.
 */

import type { WorkerHandle } from "./worker_handle.ts";

export class Positions {
  readonly #byPosition: (WorkerHandle | undefined)[];
  /** Workers that will take over, by position. */
  readonly #successors = new Map<number, WorkerHandle>();
  /** Workers that have left their positions and are not gone yet. */
  readonly #leaving = new Set<WorkerHandle>();

  /** @param count number of positions */
  constructor(count: number) {
    this.#byPosition = new Array(count).fill(undefined);
  }

  get count(): number {
    return this.#byPosition.length;
  }

  get workers(): WorkerHandle[] {
    return this.#byPosition.filter((handle) => handle !== undefined);
  }

  /** The successors that have not taken over. */
  get successors(): WorkerHandle[] {
    return [...this.#successors.values()];
  }

  /** All workers that are not gone, including those that drain and successors that start. */
  get all(): WorkerHandle[] {
    return [...this.workers, ...this.#leaving, ...this.#successors.values()];
  }

  get inFlight(): number {
    // Without an array of all workers, because this is read in each round.
    let inFlight = 0;
    for (const handle of this.#byPosition) if (handle) inFlight += handle.inFlight;
    for (const handle of this.#leaving) inFlight += handle.inFlight;
    for (const handle of this.#successors.values()) inFlight += handle.inFlight;
    return inFlight;
  }

  at(position: number): WorkerHandle | undefined {
    return this.#byPosition[position];
  }

  successorOf(position: number): WorkerHandle | undefined {
    return this.#successors.get(position);
  }

  occupy(handle: WorkerHandle): void {
    this.#byPosition[handle.position] = handle;
  }

  addSuccessor(handle: WorkerHandle): void {
    this.#successors.set(handle.position, handle);
  }

  /** Number of tasks that recycled workers of a position have not finished. */
  unfinished(position: number): number {
    let count = 0;
    for (const other of this.#leaving) {
      if (other.position === position && other.isRecycled) count += other.inFlight;
    }
    return count;
  }

  /** Takes a worker that drains out of its position. Its successor takes the position, if there is one. */
  leave(handle: WorkerHandle): void {
    this.#vacate(handle);
    this.#leaving.add(handle);
  }

  /** Forgets a worker that is gone. Its successor takes the position, if there is one. */
  remove(handle: WorkerHandle): void {
    this.#vacate(handle);
    this.#leaving.delete(handle);
  }

  #vacate(handle: WorkerHandle): void {
    const { position } = handle;
    const successor = this.#successors.get(position);
    if (successor === handle) this.#successors.delete(position);
    if (this.#byPosition[position] !== handle) return;
    this.#byPosition[position] = successor;
    this.#successors.delete(position);
  }
}

/** The position, below `workers`, for the tasks with this key. By a hash, because a table would need a row per key: FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/). */
export function positionOf(key: string | number, workers: number): number {
  const text = String(key);
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) % workers;
}
