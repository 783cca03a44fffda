/**
 * Shared memory that says which body holds a worker's event loop, and since when. The worker writes it around each call of
 * a body. Another thread reads it, also while the worker's own thread is blocked in that call.
 *
 * @module
 */

import { callCells, pulseCells } from "./shared_memory.ts";

/** A body that was called and has not returned to the event loop yet. */
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

/** The start of this thread's clock: by it, the times of different threads can be compared. */
const { timeOrigin } = performance;

/** One end of the memory, at the caller or at the worker. */
export class Pulse {
  readonly #cells: Float64Array;
  readonly #calls: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = pulseCells(memory);
    this.#calls = callCells(memory);
  }

  /**
   * Notes that a body is about to be called, at `time` by `performance.now()`. After this, either the worker sees in `Orders`
   * that it was given up, or the caller that gave it up sees this body in {@link lastCalled}.
   */
  enter(id: number, time: number): void {
    this.#cells[1] = timeOrigin + time;
    this.#cells[0] = this.#cells[2] = id;
    // Atomic, so that nothing after it is done before it.
    add(this.#calls, 0, 1);
  }

  /** Notes that a body which has begun before is about to be called again. */
  enterAgain(id: number, time: number): void {
    this.#cells[1] = timeOrigin + time;
    this.#cells[0] = id;
  }

  /** Notes that the call has returned. */
  leave(): void {
    this.#cells[0] = NOBODY;
  }

  /** The last body whose first call has begun; undefined before the first. */
  get lastCalled(): number | undefined {
    load(this.#calls, 0);
    return this.#cells[2] || undefined;
  }

  /** The body that holds the loop now, if any. */
  heldBy(): HeldBy | undefined {
    const [id, since] = this.#cells;
    return id === NOBODY ? undefined : { id, ms: timeOrigin + now() - since };
  }
}
