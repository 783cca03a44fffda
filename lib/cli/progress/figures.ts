/** The figures of a run at one moment, for the live line, plain lines and JSON objects. */

import type { ExecutorStats } from "../../executor/stats.ts";
import type { Tally } from "./tally.ts";

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

export interface Pause {
  /** Time until tasks start again, in milliseconds; 0 if only some keys are paused. */
  ms: number;
  keys: number;
}

export type Figures = ReturnType<Meter["read"]>;

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

  /** The figures of this moment. Times are milliseconds; a figure that is not known is undefined. */
  read() {
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
      /** Number of inputs with an outcome, including those of earlier sessions. */
      done,
      ok: tally.ok,
      failed: tally.failed,
      before: tally.doneBefore,
      retries: tally.retries,
      pause: ms > 0 || keys > 0 ? { ms, keys } as Pause : undefined,
      inFlight,
      read: tally.read,
      total,
      totalIsExact: tally.totalIsExact,
      bytes: tally.bytes,
      size: tally.size,
      /** From 0 to 1. */
      share: total ? Math.min(1, done / total) : undefined,
      /** In the last ten seconds. */
      perSecond,
      /** At that rate. Unknown while an input is late, because its end is unknown. */
      leftMs: total && !oldest && perSecond > 0 ? Math.max(0, total - done) / perSecond * 1_000 : undefined,
      /** Fraction of all slots' time in which a task ran, from 0 to 1; undefined before the first task has ended. */
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
