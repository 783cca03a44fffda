/**
 * What has become of the inputs so far. The run counts; progress and summary read.
 *
 * @module
 */

import process from "node:process";
import type { LineSource } from "../input/line_source.ts";

/** Cores that are used for this part of the time count as full. */
const FULL = 0.8;

/** Counts of one run. */
export class Tally {
  readonly #source: LineSource;
  readonly #size: number | undefined;
  readonly #begun = performance.now();
  readonly #cpuBegun = process.cpuUsage();
  readonly #workers: number;
  /** Inputs whose outcome an earlier run had kept. */
  readonly before = { ok: 0, failed: 0 };
  /** Inputs that ended well. */
  ok = 0;
  /** Inputs that failed for good. */
  failed = 0;
  /** Inputs that were aborted. */
  stopped = 0;
  /** Attempts beyond the first, of all inputs together. */
  retries = 0;
  /** The running times of all inputs together, in milliseconds. */
  taskTime = 0;

  /** `size` is how many bytes the source has, where that is known. */
  constructor(source: LineSource, { size, workers }: { size: number | undefined; workers: number }) {
    this.#workers = workers;
    this.#source = source;
    this.#size = size;
  }

  /** Inputs that have run. */
  get done(): number {
    return this.ok + this.failed;
  }

  /** Inputs that had run before. */
  get doneBefore(): number {
    return this.before.ok + this.before.failed;
  }

  /** Milliseconds since the run began. */
  get elapsed(): number {
    return performance.now() - this.#begun;
  }

  /** Whether computing, and not waiting, was what took the time. */
  get cpuBound(): boolean {
    const { user, system } = process.cpuUsage(this.#cpuBegun);
    const cores = Math.min(this.#workers, navigator.hardwareConcurrency);
    return (user + system) / 1_000 > FULL * cores * this.elapsed;
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
    return Math.min(1, (bytesPulled / this.#size) * ((this.done + this.doneBefore) / pulled));
  }

  /** Inputs that were read and have not run to their end. */
  get left(): number {
    return this.#source.pulled - this.done - this.doneBefore;
  }

  /** Whether there are inputs that were not even read. */
  get unread(): boolean {
    return !this.#source.exhausted;
  }
}
