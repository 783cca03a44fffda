/**
 * A word in shared memory by which the caller can hold back a worker. The worker reads it before it starts a task and
 * before it sends a reply. So an order takes effect even if the thread cannot be stopped during a computation.
 */

import { orderCells } from "./shared_memory.ts";

const { add, load, store } = Atomics;

/** The value of the word once the worker was given up. Before that, it is the number of orders that were sent. */
const GIVEN_UP = -1;

/** One end of the word, on the caller's or the worker's side. */
export class Orders {
  readonly #cells: Int32Array;
  /** Number of orders that this worker has read. */
  #read = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = orderCells(memory);
  }

  /** Announces a record that the worker must read before it starts anything else. */
  send(): void {
    if (!this.isGivenUp) add(this.#cells, 0, 1);
  }

  /** Gives the worker up. Its waiting tasks run on another worker, or not at all. */
  giveUp(): void {
    store(this.#cells, 0, GIVEN_UP);
  }

  /** Notes that the worker has read an announced record. */
  read(): void {
    // Truncated to 32 bits, as the shared counter is.
    this.#read = (this.#read + 1) | 0;
  }

  /** Whether the worker has read all announced records. False once the worker was given up. */
  get areRead(): boolean {
    // Read for each body, so not by `Atomics.load`, which V8 calls as a function. That took 4 % of the instructions of a worker
    // with `map()` of numbers on Node 24. A body runs between two reads, so no compiler can read once for both.
    return this.#cells[0] === this.#read;
  }

  /** Whether the caller has given the worker up. */
  get isGivenUp(): boolean {
    return load(this.#cells, 0) === GIVEN_UP;
  }
}
