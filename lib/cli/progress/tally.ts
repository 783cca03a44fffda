/**
 * What has become of the inputs so far. The run counts; progress and summary read.
 *
 * @module
 */

import process from "node:process";
import type { InputFile } from "../input/input_file.ts";
import type { LineSource } from "../input/line_source.ts";

/** Cores that are used for this part of the time count as full. */
const FULL = 0.8;

/** Counts of one run. */
export class Tally {
  readonly #source: LineSource;
  readonly #input: Pick<InputFile, "size">;
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

  /** `input` is what the source reads. */
  constructor(source: LineSource, { input, workers }: { input: Pick<InputFile, "size">; workers: number }) {
    this.#workers = workers;
    this.#source = source;
    this.#input = input;
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

  /** Inputs that were read. */
  get read(): number {
    return this.#source.pulled;
  }

  /** The bytes of the inputs that were read. */
  get bytes(): number {
    return this.#source.bytesPulled;
  }

  /** The bytes of the whole input, where that is known. */
  get size(): number | undefined {
    return this.#input.size;
  }

  /**
   * How many inputs there are in all: exactly once all are read, until then as the size has it if the rest is like those
   * that were read.
   */
  get total(): number | undefined {
    const { read, bytes, size } = this;
    if (!this.unread) return read;
    if (!size || bytes === 0) return undefined;
    return Math.max(read, Math.round(read * size / bytes));
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
