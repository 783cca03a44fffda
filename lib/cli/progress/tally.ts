/** Counts the inputs of a run by outcome, and measures its times. The run writes the counts; progress and summary read them. */

import { Histogram } from "../../executor/basics/histogram.ts";
import type { InputFile } from "../input/files/input_file.ts";
import type { LineSource } from "../input/line_source.ts";
import type { RunInput } from "../input/run_input.ts";
import type { RunClock } from "./run_clock.ts";
import { CpuTime, type Effort } from "./one_at_a_time.ts";
import { Pauses } from "./pauses.ts";
import { RunSums } from "./run_sums.ts";

/** The whole input: its bytes, if they are known, the maximum number of inputs, and which of them run. */
type TalliedInput = Pick<InputFile, "size"> & Partial<Pick<RunInput, "first" | "selection">>;

export class Tally {
  readonly #source: LineSource;
  readonly #input: TalliedInput;
  readonly #clock: Pick<RunClock, "now" | "ran">;
  readonly #begun: number;
  #started: { at: number; cpu: CpuTime };
  #starts = 0;
  readonly #workers: number;
  readonly #processes: number;
  readonly before = { ok: 0, failed: 0 };
  ok = 0;
  failed = 0;
  stopped = 0;
  /** Attempts beyond the first, of all inputs. */
  retries = 0;
  readonly pauses = new Pauses();
  /** Running times of inputs. Each input of a batch has a part of the call's time. */
  readonly times = new Histogram();
  readonly sums: RunSums;

  /** @param source reads `input` */
  constructor(
    source: LineSource,
    {
      input,
      workers,
      processes = 0,
      clock = { now: () => performance.now(), ran: (ms) => ms },
      sums = new RunSums(),
    }: {
      input: TalliedInput;
      workers: number;
      /** Number of workers that are processes of this machine. Default: 0. */
      processes?: number;
      clock?: Pick<RunClock, "now" | "ran">;
      sums?: RunSums;
    },
  ) {
    this.sums = sums;
    this.#clock = clock;
    this.#begun = clock.now();
    this.#started = { at: this.#begun, cpu: new CpuTime() };
    this.#workers = workers;
    this.#processes = processes;
    this.#source = source;
    this.#input = input;
  }

  /** Sum of the running times of all inputs, in milliseconds. */
  get taskTime(): number {
    return this.times.sum;
  }

  /** Records `count` inputs that ended just now and took `ms` each. Returns the time without suspensions. */
  ran(ms: number, count = 1): number {
    const own = this.#clock.ran(ms);
    this.times.record(Math.round(own * 1_000), count);
    return own;
  }

  get done(): number {
    return this.ok + this.failed;
  }

  get doneBefore(): number {
    return this.before.ok + this.before.failed;
  }

  /** Time since the run began, in milliseconds. */
  get elapsed(): number {
    return this.#clock.now() - this.#begun;
  }

  /** Called when a worker has started. Starts of successors are part of the run. */
  readonly workerStarted = (): void => {
    if (++this.#starts > this.#workers) return;
    this.#started = { at: this.#clock.now(), cpu: new CpuTime() };
  };

  /** The times of the run. `loops`: part of the time in which event loops were busy. */
  effort(loops: number | undefined): Effort {
    const { elapsed, taskTime } = this;
    const { at, cpu } = this.#started;
    const cores = new CpuTime().since(cpu, this.#processes) / Math.max(1, this.#clock.now() - at);
    return { elapsed, taskTime, loops, workers: this.#workers, cores };
  }

  get read(): number {
    return this.#source.pulled;
  }

  get bytes(): number {
    return this.#source.bytesPulled;
  }

  get size(): number | undefined {
    return this.#input.size;
  }

  /**
   * Total number of inputs that run, limited by `--first`, `--shard` and `--sample`. Until all are read, an estimate from the
   * bytes that were read; undefined if unknown.
   */
  get total(): number | undefined {
    const { read, bytes, size } = this;
    if (!this.unread) return read;
    const { all } = this.#source;
    if (all !== undefined) return all;
    const { first = Infinity, selection: { share = 1, most = Infinity } = {} } = this.#input;
    const guess = size && bytes > 0 ? read * size / bytes : Infinity;
    const limit = Math.min(first * share, most, this.#source.added?.most ?? Infinity);
    const total = Math.max(read, Math.round(Math.min(guess, limit)));
    return total === Infinity ? undefined : total;
  }

  /** Whether {@link total} is no estimate: all inputs were read, and no task can hand in further ones as it has done so far. */
  get totalIsExact(): boolean {
    return !this.unread && !this.#source.mayGrow;
  }

  /** Inputs that were read and have no outcome. */
  get left(): number {
    return this.#source.pulled - this.done - this.doneBefore;
  }

  get unread(): boolean {
    return !this.#source.exhausted;
  }
}
