/**
 * How many inputs a chunk should have, by how long they take: one and a half seconds of one slot's work.
 *
 * @module
 */

import { MOST_INPUTS } from "../broker/protocol.ts";

/** What a chunk is to take, in milliseconds. */
const TARGET = 1_500;

/** How much the last chunk counts. */
const WEIGHT = 0.3;

/** A chunk has at most so many times the inputs of the largest that has come back. */
const GROWTH = 8;

/** Sizes of the chunks of one task. */
export class Sizer {
  readonly #fixed: number | undefined;
  /** How long an input takes, in milliseconds. */
  #mean: number | undefined;
  #largest = 0;

  /** With `fixed`, every chunk has that size. */
  constructor(fixed?: number) {
    this.#fixed = fixed;
  }

  /** A chunk of `inputs` took so long, all bodies together. */
  record(inputs: number, ms: number): void {
    const mean = ms / inputs;
    this.#mean = this.#mean === undefined ? mean : this.#mean + WEIGHT * (mean - this.#mean);
    this.#largest = Math.max(this.#largest, inputs);
  }

  /** The size of the next, where so many inputs wait for so many slots: none is left without, towards the end. */
  size(waiting: number, slots: number): number {
    if (this.#fixed !== undefined) return this.#fixed;
    if (this.#mean === undefined) return 1;
    const share = Math.ceil(waiting / Math.max(1, slots));
    const wanted = Math.floor(TARGET / Math.max(this.#mean, 0.001));
    return Math.max(1, Math.min(MOST_INPUTS, wanted, share, this.#largest * GROWTH));
  }
}
