/**
 * The clock of a run. It stops while the process is suspended (Ctrl-Z, SIGSTOP). SIGCONT shows that a process was
 * suspended, and a timer that did not fire shows for how long. Results may be read before the signal is: then it is seen
 * by the CPU time, of which a suspended process takes none.
 *
 * @module
 */

import process from "node:process";

/** How often the timer fires, in milliseconds: a suspension is known to as much. */
const BEAT = 100;

/** The signal and the timer come in either order, within so many milliseconds. */
const TOGETHER = 2_000;

/** A process that takes less than this part of a core for at least so long, in milliseconds, was suspended. */
const IDLE = 0.1;
const LEAST = 500;

/** A suspension, in milliseconds of `performance.now()`. */
interface Pause {
  from: number;
  to: number;
}

/** Milliseconds of a run. */
export class RunClock {
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #mayBlock: boolean;
  #last = performance.now();
  #lastCpu = process.cpuUsage();
  /** The last time that the timer came too late for. */
  #gap: Pause | undefined;
  readonly #pauses: Pause[] = [];
  #paused = 0;

  /** `mayBlock` says whether tasks run in this thread: they may hold it up without computing. */
  constructor({ mayBlock }: { mayBlock: boolean }) {
    this.#mayBlock = mayBlock;
    this.#timer = setInterval(this.#beat, BEAT);
    this.#timer.unref();
    if (process.platform !== "win32") process.on("SIGCONT", this.#continued);
  }

  /** The time, in milliseconds, by which differences are to be taken. */
  now(): number {
    return performance.now() - this.#paused;
  }

  /** What is left of a task's `ms` that ended just now: it did not run while the process was suspended. */
  ran(ms: number): number {
    if (ms > LEAST) this.#beat();
    if (this.#pauses.length === 0) return ms;
    const begun = performance.now() - ms;
    let own = ms;
    // A pause that began by the clock of the timer may have begun a little later.
    for (const { from, to } of this.#pauses) if (begun < to) own -= to - Math.max(from, begun);
    return Math.max(0, own);
  }

  /** Ends it. */
  stop(): void {
    clearInterval(this.#timer);
    if (process.platform !== "win32") process.off("SIGCONT", this.#continued);
  }

  readonly #beat = (): void => {
    const now = performance.now();
    const passed = now - this.#last;
    const { user, system } = process.cpuUsage(this.#lastCpu);
    if (passed > 2 * BEAT) this.#gap = { from: this.#last + BEAT, to: now };
    this.#last = now;
    this.#lastCpu = process.cpuUsage();
    const idle = (user + system) / 1_000 < IDLE * passed;
    if (passed >= LEAST && idle && !this.#mayBlock) this.#pause();
  };

  readonly #continued = (): void => {
    this.#beat();
    if (this.#gap && performance.now() - this.#gap.to <= TOGETHER) this.#pause();
  };

  #pause(): void {
    const gap = this.#gap!;
    this.#gap = undefined;
    this.#pauses.push(gap);
    this.#paused += gap.to - gap.from;
  }
}
