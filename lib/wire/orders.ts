/**
 * A word in shared memory by which the caller holds up a worker without its help. The worker looks at it before it starts
 * anything and before it replies, so it also counts where the thread cannot be stopped while it computes.
 *
 * @module
 */

import { orderCells } from "./shared_memory.ts";

const { add, load, store } = Atomics;

/** What the word is once the worker was given up. Otherwise it is how many orders were sent. */
const GIVEN_UP = -1;

/** Both ends of the word. */
export class Orders {
  readonly #cells: Int32Array;
  /** Orders that have arrived here. */
  #read = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = orderCells(memory);
  }

  /** The caller is about to send a record that must be read before anything else starts. */
  send(): void {
    if (!this.isGivenUp) add(this.#cells, 0, 1);
  }

  /** The worker is no longer the caller's: what it has not started runs elsewhere, or not at all. */
  giveUp(): void {
    store(this.#cells, 0, GIVEN_UP);
  }

  /** Such a record has arrived at the worker. */
  read(): void {
    // The sum of the other side is one of 32 bits, too.
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
