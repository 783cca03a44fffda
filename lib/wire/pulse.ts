/**
 * Shared memory that says which body holds a worker's event loop, and since when. The worker writes it around each call of
 * a body. Another thread reads it, also while the worker's own thread is blocked in that call.
 *
 * @module
 */

import { callCells, pulseCells } from "./shared_memory.ts";

/** A body that was called and has not come back from its first stretch of work. */
export interface HeldBy {
  /** The number that the worker has for the task. */
  id: number;
  /** How long ago it was called, in milliseconds. */
  ms: number;
}

/** Task numbers begin at 1, those of later attempts at -1. */
const NOBODY = 0;

const { add, load } = Atomics;

const { performance } = globalThis;
const now = performance.now.bind(performance);

/** By this the clocks of one process's threads, which each begin at 0, become one. */
const { timeOrigin } = performance;

/** Both ends of the memory. */
export class Pulse {
  readonly #cells: Float64Array;
  readonly #calls: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = pulseCells(memory);
    this.#calls = callCells(memory);
  }

  /**
   * A body is about to be called, at `time` by `performance.now()`. A worker that looks at `Orders` after this knows: either
   * it sees that it was given up, or the caller that gave it up sees this body in {@link lastCalled}.
   */
  enter(id: number, time: number): void {
    this.#cells[1] = timeOrigin + time;
    this.#cells[0] = this.#cells[2] = id;
    // Atomic, for the order: what follows it is not done before it.
    add(this.#calls, 0, 1);
  }

  /** The same for one that has begun before. */
  enterAgain(id: number, time: number): void {
    this.#cells[1] = timeOrigin + time;
    this.#cells[0] = id;
  }

  /** It has come back. */
  leave(): void {
    this.#cells[0] = NOBODY;
  }

  /** The body that was called for the first time last, whether it has come back or not; undefined before the first. */
  get lastCalled(): number | undefined {
    load(this.#calls, 0);
    return this.#cells[2] || undefined;
  }

  /** The body that holds the loop now. */
  heldBy(): HeldBy | undefined {
    const [id, since] = this.#cells;
    return id === NOBODY ? undefined : { id, ms: timeOrigin + now() - since };
  }
}
