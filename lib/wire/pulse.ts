/**
 * Shared memory that says which body holds a worker's event loop, and since when. The worker writes it around each call
 * of a body. Other threads can read it even while that call blocks the worker's thread.
 */

import { callCells, pulseCells } from "./shared_memory.ts";

/** A body that was called and has not yet returned to the event loop. */
export interface HeldBy {
  /** The number of the task in messages. */
  id: number;
  /** Milliseconds since the call. */
  ms: number;
}

/** Means that no body holds the loop. First attempts have numbers from 1 up, later attempts from -1 down. */
const NOBODY = 0;

const { add, exchange, load } = Atomics;

const { performance } = globalThis;
const now = performance.now.bind(performance);

/** The start of this thread's clock. Times of different threads are compared by it. */
const { timeOrigin } = performance;

/** One end of the memory, on the caller's or the worker's side. */
export class Pulse {
  readonly #cells: Float64Array;
  readonly #calls: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = pulseCells(memory);
    this.#calls = callCells(memory);
  }

  /**
   * Notes that a body is about to be called, at `time` of `performance.now()`. Afterwards, either the worker sees in
   * `Orders` that it was given up, or the caller that gives it up sees this body in {@link lastCalled}.
   *
   * @returns The number of calls, if the caller must be told because the second thread of a process has told it of an earlier
   * call as the last one; otherwise undefined.
   */
  enter(id: number, time: number): number | undefined {
    this.#cells[1] = timeOrigin + time;
    this.#cells[0] = this.#cells[2] = id;
    // Atomic, so that no later memory access is reordered before it.
    const calls = add(this.#calls, 0, 1) + 1;
    return load(this.#calls, 1) !== 0 && exchange(this.#calls, 1, 0) !== 0 ? calls : undefined;
  }

  /** Notes that a body that began earlier is about to be called again. */
  enterAgain(id: number, time: number): void {
    this.#cells[1] = timeOrigin + time;
    this.#cells[0] = id;
  }

  leave(): void {
    this.#cells[0] = NOBODY;
  }

  /** Notes at `time` that the loop turns. With 0, it need not turn from now on: no body runs. */
  turn(time: number): void {
    this.#cells[3] = time && timeOrigin + time;
  }

  /** The last body whose first call began; undefined before the first. */
  get lastCalled(): number | undefined {
    load(this.#calls, 0);
    return this.#cells[2] || undefined;
  }

  /** Returns the body that holds the loop now, if any. */
  heldBy(): HeldBy | undefined {
    const [id, since] = this.#cells;
    return id === NOBODY ? undefined : { id, ms: timeOrigin + now() - since };
  }
}
