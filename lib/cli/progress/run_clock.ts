/**
 * The clock of a run. It stops while the process is suspended (Ctrl-Z, SIGSTOP). SIGCONT shows that the process was
 * suspended, and a late timer shows for how long. Results may be read before the signal. In this case, the CPU time
 * shows the suspension, because a suspended process uses none.
 */

import process from "node:process";

/** Interval of the timer, in milliseconds: the accuracy of suspensions. */
const INTERVAL = 100;

/** Maximum time between the signal and the late timer, in milliseconds. Either may come first. A guess. */
const MAX_DELAY = 2_000;

/**
 * A process counts as suspended if it used less than this fraction of a core in a gap between two ticks of the timer, and
 * the gap is at least this many milliseconds. A guess.
 */
const IDLE = 0.1;
const MIN_GAP = 500;

/** Maximum number of suspensions that are kept for a report. A guess: nobody suspends a run more often. */
const MOST_KEPT = 200;

/** A suspension, in milliseconds of `performance.now()`. */
interface Pause {
  from: number;
  to: number;
}

/** Measures the time of a run in milliseconds, without suspensions. */
export class RunClock {
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #mayBlock: boolean;
  #last = performance.now();
  #lastCpu = process.cpuUsage();
  #gap: Pause | undefined;
  readonly #pauses: Pause[] = [];
  #paused = 0;
  /** The first suspensions: when by this clock, and how long, in milliseconds. */
  readonly suspensions: { at: number; ms: number }[] = [];

  /** @param options `mayBlock`: whether tasks run in this thread, and may block it without using CPU time */
  constructor({ mayBlock }: { mayBlock: boolean }) {
    this.#mayBlock = mayBlock;
    this.#timer = setInterval(this.#beat, INTERVAL);
    this.#timer.unref();
    if (process.platform !== "win32") process.on("SIGCONT", this.#continued);
  }

  /** The time in milliseconds. Only differences have a meaning. */
  now(): number {
    return performance.now() - this.#paused;
  }

  /** The running time of a task that took `ms` and ended just now, without suspensions. */
  ran(ms: number): number {
    if (ms > MIN_GAP) this.#beat();
    // Most tasks have begun after the last suspension, which the last tick shows without a reading of the clock.
    if (this.#last - ms >= (this.#pauses.at(-1)?.to ?? -Infinity)) return ms;
    const begun = performance.now() - ms;
    let own = ms;
    for (const { from, to } of this.#pauses) if (begun < to) own -= to - Math.max(from, begun);
    return Math.max(0, own);
  }

  stop(): void {
    clearInterval(this.#timer);
    if (process.platform !== "win32") process.off("SIGCONT", this.#continued);
  }

  readonly #beat = (): void => {
    const now = performance.now();
    const passed = now - this.#last;
    const { user, system } = process.cpuUsage(this.#lastCpu);
    if (passed > 2 * INTERVAL) this.#gap = { from: this.#last + INTERVAL, to: now };
    this.#last = now;
    this.#lastCpu = process.cpuUsage();
    const idle = (user + system) / 1_000 < IDLE * passed;
    if (passed >= MIN_GAP && idle && !this.#mayBlock) this.#pause();
  };

  readonly #continued = (): void => {
    this.#beat();
    if (this.#gap && performance.now() - this.#gap.to <= MAX_DELAY) this.#pause();
  };

  #pause(): void {
    const gap = this.#gap!;
    this.#gap = undefined;
    this.#pauses.push(gap);
    const ms = gap.to - gap.from;
    if (this.suspensions.length < MOST_KEPT) this.suspensions.push({ at: gap.from - this.#paused, ms });
    this.#paused += ms;
  }
}
