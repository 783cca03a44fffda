/**
 * Decides the number of inputs in a job chunk, from the duration of inputs: one and a half seconds of work for one
 * slot. With `--batch`, what it counts are batches.
 */

import { MOST_INPUTS } from "../broker/protocol.ts";

/** Target duration of a job chunk, in milliseconds. A guess: shorter costs more in Redis, longer delays the end of a run. */
const TARGET = 1_500;

/** Weight of the newest job chunk in the mean duration, from 0 to 1. A guess. */
const WEIGHT = 0.3;

/** Maximum growth of a job chunk over the largest one with results. A guess: one fast input proves little. */
const GROWTH = 8;

export class Sizer {
  readonly #fixed: number | undefined;
  /** Time between two starts of the run by its rates, in milliseconds. */
  readonly #interval: number;
  /** Mean duration of an input, in milliseconds. */
  #mean: number | undefined;
  #largest = 0;

  /** With `fixed`, every job chunk has this number of inputs. `interval`: time between two starts by the run's rates, in milliseconds. */
  constructor(fixed?: number, interval = 0) {
    this.#fixed = fixed;
    this.#interval = interval;
  }

  /** Records that the bodies of `inputs` inputs took `ms` milliseconds in total. */
  record(inputs: number, ms: number): void {
    const mean = ms / inputs;
    this.#mean = this.#mean === undefined ? mean : this.#mean + WEIGHT * (mean - this.#mean);
    this.#largest = Math.max(this.#largest, inputs);
  }

  /**
   * Returns the size of the next job chunk while `waiting` inputs wait for `slots` slots: at most `most`. Near the end, inputs are
   * shared out evenly.
   */
  size(waiting: number, slots: number, most = MOST_INPUTS): number {
    if (this.#fixed !== undefined) return this.#fixed;
    if (this.#mean === undefined) return 1;
    const share = Math.ceil(waiting / Math.max(1, slots));
    // With a rate, a slot has no more to do than its share of the starts.
    const wanted = Math.floor(TARGET / Math.max(this.#mean, this.#interval * slots, 0.001));
    return Math.max(1, Math.min(most, wanted, share, this.#largest * GROWTH));
  }
}
