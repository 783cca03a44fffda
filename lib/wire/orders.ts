/**
 * A word in shared memory by which the caller holds up a worker without its help. The worker looks at it before it starts
 * anything and before it replies, so it also counts where the thread cannot be stopped while it computes.
 *
 * @module
 */

import { orderCells } from "./shared_memory.ts";

const { add, load, store } = Atomics;

/** The value of the word once the worker was given up. Before, it is the number of orders that were sent. */
const GIVEN_UP = -1;

/** One end of the word, at the caller or at the worker. */
export class Orders {
  readonly #cells: Int32Array;
  /** Orders that have arrived at this worker. */
  #read = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = orderCells(memory);
  }

  /** Says that a record is about to be sent which the worker must read before anything else starts. */
  send(): void {
    if (!this.isGivenUp) add(this.#cells, 0, 1);
  }

  /** Gives the worker up: what it has not started runs elsewhere, or not at all. */
  giveUp(): void {
    store(this.#cells, 0, GIVEN_UP);
  }

  /** Notes that such a record has arrived at the worker. */
  read(): void {
    // 32 bits, like the sum of the other side.
    this.#read = (this.#read + 1) | 0;
  }

  /**
   * Whether all orders that were sent have been read here. False once the worker was given up.
   */
  get areRead(): boolean {
    return load(this.#cells, 0) === this.#read;
  }

  /** Whether the caller has given the worker up. */
  get isGivenUp(): boolean {
    return load(this.#cells, 0) === GIVEN_UP;
  }
}
