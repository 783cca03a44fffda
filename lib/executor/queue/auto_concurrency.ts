/**
 * Finds the best number of tasks in flight per worker, the level, by a hill climb on successful tasks per second. It doubles the
 * level while that pays. Then it tries a quarter more and a quarter less now and then, and keeps a level that is no worse. A higher
 * level pays if the rate grows by a fifth of what the level grew by, so among equally good levels it finds the lowest. When more
 * tasks fail than before, or a worker's event loop runs late, it takes one step back at once.
 *
 * Unlike TCP Vegas and Netflix's concurrency-limits, it ignores latency. The tasks of one run may take a millisecond or a minute
 * each, so their times say little about the level. Nothing here reads a clock: see {@link Sample}.
 */

import { FIRST_LEVEL } from "../options/resolve.ts";

/** The highest level. A guess. */
export const HIGHEST_LEVEL = 1_024;

/** A higher level pays if the rate grows by this part of the level's growth. A guess. */
const WORTH = 0.2;

/** The part of the level by which it tries more or less. A guess. */
const STEP = 0.25;

/** Of a window: its minimum length in milliseconds, its minimum number of tasks, and its length from which on fewer tasks are enough. */
const SHORT_WINDOW = 400;
const FEW = 40;
const LONG_WINDOW = 10_000;

/** An event loop whose lag is never below this, in milliseconds, has too many tasks. A guess. */
const LATE = 100;

/** The share of failures may grow by this factor, plus this share, before it counts as higher. Guesses. */
const MORE_FAILURES = 0.1;
const TIMES_FAILURES = 1.5;

/** Maximum number of windows to rest after tries that did not pay. A guess. */
const LONGEST_REST = 16;

/** Weight of the earlier share of failures in the usual one. A guess. */
const FADE = 0.8;

/** The figures of an executor at one moment. All times are milliseconds of one clock, whichever it is. */
interface Sample {
  /** Number of tasks that succeeded so far, of attempts that failed, and when the last of them ended. */
  succeeded: number;
  failed: number;
  lastEnded: number;
  /** The greatest present lag of the workers' event loops. */
  lag: number;
  /** Number of workers that are ready. */
  workers: number;
  /** Whether all slots were in use. Otherwise the rate says nothing about the level. */
  saturated: boolean;
}

/** The beginning of a window: a time over which the rate is measured. */
interface Window {
  since: number;
  succeeded: number;
  failed: number;
  workers: number;
  lag: number;
  /** Number of tasks that must end before the window begins, because they began at another level. */
  settling: number;
}

export class AutoConcurrency {
  #level = FIRST_LEVEL;
  /** The best level so far, to which it goes back, and its rate. */
  #base = FIRST_LEVEL;
  #baseRate = 0;
  #doing: "climbing" | "resting" | "trying" = "climbing";
  /** Number of windows left to rest, the length of the last rest, and the direction of the next try. */
  #rest = 1;
  #lastRest = 1;
  #direction = 1;
  /** The usual share of failed attempts; undefined before the first window. */
  #usualFailures: number | undefined;
  #window: Window | undefined;

  /** The present level: tasks in flight per worker. */
  get level(): number {
    return this.#level;
  }

  /** The best level so far. */
  get settled(): number {
    return this.#base;
  }

  /** Starts anew from a level. */
  set(level: number): void {
    this.#level = this.#base = Math.max(1, Math.min(HIGHEST_LEVEL, level));
    this.#baseRate = 0;
    this.#window = undefined;
    this.#settle(1);
  }

  /** Takes a sample. Returns the level from now on. */
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
    // Tasks may end in waves, all that are in flight together: a window has two waves at least.
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

  /** Decides by the figures of one window. */
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

  /** Whether this level does not pay, compared with the best one. A higher level must gain enough; a lower one may lose a little. */
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
