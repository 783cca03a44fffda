/**
 * Decides how many inputs a job chunk has, by how long inputs take: one and a half seconds of one slot's work.
 *
 * @module
 */

import { MOST_INPUTS } from "../broker/protocol.ts";

/** How long a job chunk should take, in milliseconds. Shorter costs more in Redis, longer delays the end of a run. A guess. */
const TARGET = 1_500;

/** Weight of the newest job chunk in the mean, from 0 to 1. A guess. */
const WEIGHT = 0.3;

/** Maximum growth of a job chunk over the largest one that has come back. A guess: a first fast input proves little. */
const GROWTH = 8;

/** Sizes of the job chunks of one task. */
export class Sizer {
  readonly #fixed: number | undefined;
  /** Mean time of an input, in milliseconds. */
  #mean: number | undefined;
  #largest = 0;

  /** With `fixed`, every job chunk has that size. */
  constructor(fixed?: number) {
    this.#fixed = fixed;
  }

  /** Takes note that the bodies of `inputs` inputs took `ms` milliseconds together. */
  record(inputs: number, ms: number): void {
    const mean = ms / inputs;
    this.#mean = this.#mean === undefined ? mean : this.#mean + WEIGHT * (mean - this.#mean);
    this.#largest = Math.max(this.#largest, inputs);
  }

  /** Size of the next job chunk while `waiting` inputs wait for `slots` slots. Towards the end, inputs are shared out evenly. */
  size(waiting: number, slots: number): number {
    if (this.#fixed !== undefined) return this.#fixed;
    if (this.#mean === undefined) return 1;
    const share = Math.ceil(waiting / Math.max(1, slots));
    const wanted = Math.floor(TARGET / Math.max(this.#mean, 0.001));
    return Math.max(1, Math.min(MOST_INPUTS, wanted, share, this.#largest * GROWTH));
  }
}
