/** The figures of a run at one moment, for the live line, plain lines and JSON objects. */

import type { ExecutorStats } from "../../executor/stats.ts";
import type { ShownSums } from "./run_sums.ts";
import type { Tally } from "./tally.ts";

/** The input that has been in flight for longest. */
export interface OldestInput {
  line: number;
  /** Time in flight, in milliseconds. */
  ms: number;
  /** Whether a `--timeout` will end the input. */
  ends: boolean;
}

/**
 * An input is late if its time in flight exceeds this many milliseconds and this many times the p99 of task times. A
 * guess: a lower limit would name ordinary inputs; with a higher one, a run would seem to hang.
 */
const LATE = 5_000;
const LATE_TIMES = 3;

/** A pause after an error's `retryAfter`. */
export interface Pause {
  /** Time until tasks start again, in milliseconds; 0 if only some keys are paused. */
  ms: number;
  /** Number of keys of `--limit-per` that are paused. */
  keys: number;
}

export interface Figures {
  elapsedMs: number;
  /** Number of inputs with an outcome, including those of earlier sessions. */
  done: number;
  ok: number;
  failed: number;
  /** Number of inputs whose outcome is from an earlier session. */
  before: number;
  /** Attempts that failed and were followed by another. */
  retries: number;
  /** The pause after an error's `retryAfter`, if there is one now. */
  pause?: Pause;
  /** Tasks on workers. */
  inFlight: number;
  /** Inputs read. */
  read: number;
  /** Inputs in all, or an estimate by the size; undefined if unknown. */
  total: number | undefined;
  totalIsExact: boolean;
  /** Bytes of the inputs read. */
  bytes: number;
  /** Bytes of the whole input. */
  size: number | undefined;
  /** `done / total`, from 0 to 1. */
  share: number | undefined;
  /** Inputs per second in the last ten seconds. */
  perSecond: number;
  /** The input that has been in flight for longest, if it is late. */
  oldest?: OldestInput;
  /** Time until the end at that rate, in milliseconds; undefined if unknown. */
  leftMs: number | undefined;
  /** Fraction of all slots' time in which a task ran, from 0 to 1; undefined before the first task has ended. */
  load: number | undefined;
  /** What tasks have counted. */
  sums: ShownSums;
}

/** The figures of an executor that are shown. */
export type ShownStats =
  & Pick<
    ExecutorStats,
    "inFlight" | "utilization" | "succeeded" | "failed"
  >
  & Partial<Pick<ExecutorStats, "loopUtilization" | "pausedMs" | "pausedKeys">>;

export class Meter {
  readonly #tally: Tally;
  readonly #stats: () => ShownStats;
  readonly #oldest: () => OldestInput | undefined;
  readonly #rate = new RecentRate();

  constructor(
    tally: Tally,
    stats: () => ShownStats,
    oldest: () => OldestInput | undefined = () => undefined,
  ) {
    this.#tally = tally;
    this.#stats = stats;
    this.#oldest = oldest;
  }

  /** The figures of this moment. */
  read(): Figures {
    const tally = this.#tally;
    const { inFlight, utilization, succeeded, failed, pausedMs: ms = 0, pausedKeys: keys = 0 } = this
      .#stats();
    const { elapsed, total } = tally;
    const done = tally.done + tally.doneBefore;
    const perSecond = this.#rate.at(elapsed, tally.done);
    const oldest = this.#late();
    return {
      oldest,
      elapsedMs: elapsed,
      done,
      ok: tally.ok,
      failed: tally.failed,
      before: tally.doneBefore,
      retries: tally.retries,
      pause: ms > 0 || keys > 0 ? { ms, keys } : undefined,
      inFlight,
      read: tally.read,
      total,
      totalIsExact: tally.totalIsExact,
      bytes: tally.bytes,
      size: tally.size,
      share: total ? Math.min(1, done / total) : undefined,
      perSecond,
      // Unknown while an input is late, because its end is unknown.
      leftMs: total && !oldest && perSecond > 0 ? Math.max(0, total - done) / perSecond * 1_000 : undefined,
      load: succeeded + failed > 0 ? utilization : undefined,
      sums: tally.sums.read(),
    };
  }

  #late(): OldestInput | undefined {
    const oldest = this.#oldest();
    if (!oldest || oldest.ms < LATE) return undefined;
    return oldest.ms >= LATE_TIMES * this.#tally.times.distribution().p99 ? oldest : undefined;
  }
}

/** The rate is that of the last ten seconds: a guess. Shorter, it jumps with slow tasks; longer, it shows an old rate. */
const SPAN = 10_000;

/** Time between two samples, in milliseconds. */
const STEP = 1_000;

/** A rate over the last ten seconds. */
export class RecentRate {
  /** Counts at moments at least a step apart. The first one is compared with the present. */
  readonly #samples: { ms: number; count: number }[] = [{ ms: 0, count: 0 }];

  /** The rate per second at `ms` since the start, when the count is `count`. Calls are in the order of their times. */
  at(ms: number, count: number): number {
    const samples = this.#samples;
    // The second one takes the place of the first once it is old enough.
    while (samples.length > 1 && samples[1].ms <= ms - SPAN) samples.shift();
    const [oldest] = samples;
    if (ms - samples.at(-1)!.ms >= STEP) samples.push({ ms, count });
    return ms > oldest.ms ? (count - oldest.count) / (ms - oldest.ms) * 1_000 : 0;
  }
}
