/**
 * Finds how many tasks each worker should have in flight, by trying: a hill climb on tasks that ended well per second.
 * It doubles the level while that pays, then tries a little more and a little less now and then, and stays with whatever
 * is no worse. "Pays" is a fifth of what the level grew by: so of levels that do alike it comes to the lowest. When more
 * tasks fail than before, or a worker's loop runs late, it takes one step back at once.
 *
 * Latency is not looked at, as TCP Vegas and Netflix's concurrency-limits do: tasks of one run may take a millisecond or
 * a minute each, so that their times say little of the level. Nothing here has a clock: see {@link Sample}.
 *
 * @module
 */

/** The level to start from, and the highest. */
export const FIRST_LEVEL = 8;
export const HIGHEST_LEVEL = 1_024;

/** What is worth it: so much of the growth of the level must be seen in the rate. */
const WORTH = 0.2;

/** By how much it tries more or less: a quarter. */
const STEP = 0.25;

/** A window's least length in milliseconds, its least number of tasks, and its longest time if tasks are few. */
const SHORT_WINDOW = 400;
const FEW = 40;
const LONG_WINDOW = 10_000;

/** A loop that is late by more than this all the time has more than it can do, in milliseconds. */
const LATE = 100;

/** The share of failures may be so much higher than it was, and by this factor. */
const MORE_FAILURES = 0.1;
const TIMES_FAILURES = 1.5;

/** Maximum number of windows that it waits after tries that led nowhere. */
const LONGEST_REST = 16;

/** How much of the usual share of failures is kept from window to window. */
const FADE = 0.8;

/** What was seen until a moment. Times are milliseconds of any one clock. */
export interface Sample {
  /** Tasks that ended well so far, attempts that failed, and when the last of either ended. */
  succeeded: number;
  failed: number;
  lastEnded: number;
  /** By how much the loops of the workers ran late just now, the latest of them. */
  lag: number;
  /** Workers that are ready. */
  workers: number;
  /** Whether there were more tasks than slots for them: else the level says nothing. */
  saturated: boolean;
}

/** Where a window began, and what is known of it. */
interface Window {
  since: number;
  succeeded: number;
  failed: number;
  workers: number;
  /** The least that any sample had. */
  lag: number;
  /** Tasks that began at another level end first: until this number of them have ended, nothing counts. */
  settling: number;
}

/** The level of one executor. */
export class AutoConcurrency {
  #level = FIRST_LEVEL;
  /** The best so far: what it goes back to. */
  #base = FIRST_LEVEL;
  #baseRate = 0;
  #doing: "climbing" | "resting" | "trying" = "climbing";
  /** Windows to rest, how many that was last, and where the next try goes. */
  #rest = 1;
  #lastRest = 1;
  #direction = 1;
  /** The share of attempts that fail anyway: unknown until the first window. */
  #usualFailures: number | undefined;
  #window: Window | undefined;

  /** Tasks in flight per worker, now. */
  get level(): number {
    return this.#level;
  }

  /** The same without what is only being tried. */
  get settled(): number {
    return this.#base;
  }

  /** Starts over from another level. */
  set(level: number): void {
    this.#level = this.#base = Math.max(1, Math.min(HIGHEST_LEVEL, level));
    this.#baseRate = 0;
    this.#window = undefined;
    this.#settle(1);
  }

  /** Takes a sample; returns the level to have from now on. */
  take(sample: Sample): number {
    const window = this.#window;
    if (!window || window.workers !== sample.workers || !sample.saturated) {
      this.#begin(sample, 0);
      return this.#level;
    }
    window.lag = Math.min(window.lag, sample.lag);
    const ended = sample.succeeded + sample.failed - window.succeeded - window.failed;
    if (window.settling > 0) {
      if (ended >= window.settling) this.#begin(sample, 0);
      return this.#level;
    }
    const time = sample.lastEnded - window.since;
    // Tasks may come in waves, all that are in flight at once: two of them, at least.
    const enough = Math.max(time < LONG_WINDOW ? FEW : 0, 2 * this.#level * sample.workers);
    if (time < SHORT_WINDOW || ended < enough) return this.#level;
    const before = this.#level;
    const failed = sample.failed - window.failed;
    this.#judge({
      rate: (sample.succeeded - window.succeeded) / time,
      failures: failed < 3 ? 0 : failed / ended,
      lag: window.lag,
    });
    this.#begin(sample, this.#level === before ? 0 : before * sample.workers);
    return this.#level;
  }

  #begin({ lastEnded, succeeded, failed, workers, lag }: Sample, settling: number): void {
    this.#window = { since: lastEnded, succeeded, failed, workers, lag, settling };
  }

  /** What one window says. */
  #judge({ rate, failures, lag }: { rate: number; failures: number; lag: number }): void {
    const usual = this.#usualFailures ?? failures;
    const failsMore = failures > TIMES_FAILURES * usual + MORE_FAILURES;
    this.#usualFailures = FADE * usual + (1 - FADE) * failures;
    if ((failsMore || lag > LATE) && this.#level > 1) return this.#stepBack();
    switch (this.#doing) {
      case "climbing":
        if (this.#isWorse(rate)) return this.#giveUp();
        this.#keep(rate);
        return this.#level === HIGHEST_LEVEL ? this.#settle(1) : this.#go(2 * this.#level);
      case "trying":
        if (this.#isWorse(rate)) return this.#giveUp();
        this.#lastRest = 1;
        this.#keep(rate);
        return this.#try();
      case "resting":
        this.#baseRate = this.#baseRate === 0 ? rate : (this.#baseRate + rate) / 2;
        if (--this.#rest <= 0) this.#try();
    }
  }

  /** Whether this level does not pay, beside the one it came from: more must bring something, less may cost little. */
  #isWorse(rate: number): boolean {
    if (this.#baseRate === 0) return false;
    return rate < this.#baseRate * (1 + WORTH * (this.#level / this.#base - 1));
  }

  #keep(rate: number): void {
    this.#base = this.#level;
    this.#baseRate = rate;
  }

  #giveUp(): void {
    this.#level = this.#base;
    this.#direction = -this.#direction;
    this.#settle(Math.min(LONGEST_REST, 2 * this.#lastRest));
  }

  #stepBack(): void {
    this.#level = this.#base = Math.max(1, Math.floor(this.#level * (1 - STEP)));
    this.#baseRate = 0;
    this.#direction = 1;
    this.#settle(2);
  }

  #settle(rest: number): void {
    this.#doing = "resting";
    this.#rest = this.#lastRest = rest;
  }

  #try(): void {
    if (this.#level === 1) this.#direction = 1;
    if (this.#level === HIGHEST_LEVEL) this.#direction = -1;
    this.#doing = "trying";
    this.#go(this.#level + this.#direction * Math.max(1, Math.round(this.#level * STEP)));
  }

  #go(level: number): void {
    this.#level = Math.max(1, Math.min(HIGHEST_LEVEL, level));
  }
}
