/**
 * What has become of the inputs so far. The run counts; progress and summary read.
 *
 * @module
 */

import type { LineSource } from "../input/line_source.ts";

/** Counts of one run. */
export class Tally {
  readonly #source: LineSource;
  readonly #size: number | undefined;
  readonly #begun = performance.now();
  /** Inputs that ended well. */
  ok = 0;
  /** Inputs that failed for good. */
  failed = 0;
  /** Inputs that were aborted. */
  stopped = 0;
  /** The running times of all inputs together, in milliseconds. */
  taskTime = 0;

  /** `size` is how many bytes the source has, where that is known. */
  constructor(source: LineSource, size: number | undefined) {
    this.#source = source;
    this.#size = size;
  }

  /** Inputs that have run. */
  get done(): number {
    return this.ok + this.failed;
  }

  /** Milliseconds since the run began. */
  get elapsed(): number {
    return performance.now() - this.#begun;
  }

  /** Inputs per second. */
  get rate(): number {
    return this.done / (this.elapsed / 1_000);
  }

  /** The share of the input that is done, from 0 to 1, where its size is known. */
  get share(): number | undefined {
    const { bytesPulled, pulled } = this.#source;
    if (!this.#size || pulled === 0) return undefined;
    // What was pulled and has not run yet counts for nothing.
    return Math.min(1, (bytesPulled / this.#size) * (this.done / pulled));
  }

  /** Inputs that were read and have not run to their end. */
  get left(): number {
    return this.#source.pulled - this.done;
  }

  /** Whether there are inputs that were not even read. */
  get unread(): boolean {
    return !this.#source.exhausted;
  }
}
