/**
 * What has become of the inputs so far. The run counts; progress and summary read.
 *
 * @module
 */

import { Histogram } from "../../executor/histogram.ts";
import type { InputFile } from "../input/files/input_file.ts";
import type { LineSource } from "../input/line_source.ts";
import type { RunClock } from "./run_clock.ts";
import { CpuTime, type Effort } from "./one_at_a_time.ts";

/** The whole input: its bytes, if they are known, and the number of inputs that are read at most. */
type TalliedInput = Pick<InputFile, "size"> & { first?: number };

/** Counts of one run. */
export class Tally {
  readonly #source: LineSource;
  readonly #input: TalliedInput;
  readonly #clock: Pick<RunClock, "now" | "ran">;
  readonly #begun: number;
  /** When the last worker had started, and the CPU time until then. */
  #started: { at: number; cpu: CpuTime };
  /** Workers that have started so far. */
  #starts = 0;
  readonly #workers: number;
  readonly #processes: number;
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
  /** How long inputs ran; of a batch, each has its part. */
  readonly times = new Histogram();

  /** `input` is what the source reads. */
  constructor(
    source: LineSource,
    { input, workers, processes = 0, clock = { now: () => performance.now(), ran: (ms) => ms } }: {
      input: TalliedInput;
      workers: number;
      /** How many of the workers are processes of this machine. */
      processes?: number;
      clock?: Pick<RunClock, "now" | "ran">;
    },
  ) {
    this.#clock = clock;
    this.#begun = clock.now();
    this.#started = { at: this.#begun, cpu: new CpuTime() };
    this.#workers = workers;
    this.#processes = processes;
    this.#source = source;
    this.#input = input;
  }

  /** The running times of all inputs together, in milliseconds. */
  get taskTime(): number {
    return this.times.sum;
  }

  /** So many inputs that ended just now ran for so many milliseconds each. Returns how much of that they ran. */
  ran(ms: number, count = 1): number {
    const own = this.#clock.ran(ms);
    this.times.record(Math.round(own * 1_000), count);
    return own;
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
    return this.#clock.now() - this.#begun;
  }

  /** A worker has started. Those that come in the place of another are part of the run. */
  readonly workerStarted = (): void => {
    if (++this.#starts > this.#workers) return;
    this.#started = { at: this.#clock.now(), cpu: new CpuTime() };
  };

  /** What it took; `loops` is how busy the event loops were. */
  effort(loops: number | undefined): Effort {
    const { elapsed, taskTime } = this;
    const { at, cpu } = this.#started;
    const cores = new CpuTime().since(cpu, this.#processes) / Math.max(1, this.#clock.now() - at);
    return { elapsed, taskTime, loops, workers: this.#workers, cores };
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
   * that were read, and at most what `--first` says.
   */
  get total(): number | undefined {
    const { read, bytes, size } = this;
    if (!this.unread) return read;
    const guess = size && bytes > 0 ? Math.max(read, Math.round(read * size / bytes)) : Infinity;
    const total = Math.min(guess, this.#input.first ?? Infinity);
    return total === Infinity ? undefined : total;
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
