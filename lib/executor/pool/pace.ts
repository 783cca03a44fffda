/**
 * How many tasks a worker is sent beyond its slots. Short tasks are sent ahead, so that the worker need not wait for the caller
 * after each one. Long tasks are not, because one would wait behind another while a second worker is free.
 */

import { eachNumber, type Numbers, numbersIn } from "../../wire/series_numbers.ts";

/** Maximum number of tasks sent ahead. A guess. */
const MOST = 4_096;

/** Run time of the tasks sent ahead, per slot, in microseconds. Tasks that take longer than this are not sent ahead. A guess. */
const BUDGET = 1000;

/** Maximum number of slots that count for `BUDGET`. A worker gives back tasks that wait too long (`worker/waiting_tasks.ts`). */
const MOST_SLOTS = 16;

/**
 * A worker is sent ahead at most the number of tasks that it did in this time, in milliseconds. Large inputs take longer to cross
 * than to run, and each input on its way takes memory.
 */
const REACH = 16;

/** Maximum factor of `REACH` where workers share a core: each does less in that time. */
const MOST_SHARING = 8;

/** Maximum number of tasks sent ahead before the worker's rate is known. A guess. */
const FIRST = 256;

/** Minimum time over which the worker's rate is measured, in milliseconds. */
const PERIOD = 4;

/** A worker that has tasks and has been silent for longer than this, in milliseconds, is busy with a long one. */
const SILENCE = 5;

/** Weight of the earlier mean when a message of replies was quicker. A slower one counts at once. */
const FADE = 0.5;

/** Weight of the earlier rate when less was done. A higher rate counts at once. */
const RATE_FADE = 0.8;

export class Pace {
  concurrency: number;
  readonly #sendsAhead: boolean;
  /** `REACH`, longer where workers share a core. */
  readonly #reach: number;
  /** Mean run time of a task, in microseconds. A mean and no median, because the sum of the run times ahead is what counts. */
  #mean = BUDGET;
  /** Tasks per millisecond when it was last measured. */
  #rate: number;
  /** Number of tasks done since then. */
  #done = 0;
  #since = 0;
  #sum = 0;
  #count = 0;

  constructor(concurrency: number, { sendsAhead = true, perCore = 1 } = {}) {
    this.concurrency = concurrency;
    this.#sendsAhead = sendsAhead;
    this.#reach = REACH * Math.min(MOST_SHARING, Math.max(1, perCore));
    this.#rate = FIRST / this.#reach;
  }

  /** Takes the run times of `count` tasks of a series, from the place `from` on. */
  observe(micros: Numbers, count: number, from = 0): void {
    eachNumber(numbersIn(micros, from, from + count), count, (micros, count) => this.#sum += micros * count);
    this.#count += count;
  }

  /** Sends nothing ahead until tasks are quicker again. Called when the worker gave back a task. */
  slow(): void {
    this.#mean = 2 * BUDGET;
  }

  /** Starts measuring the rate anew. */
  begin(now: number): void {
    this.#since = now;
    this.#done = 0;
  }

  endMessage(now: number): void {
    if (this.#count === 0) return;
    this.#done += this.#count;
    if (now - this.#since >= PERIOD) {
      // Down slowly, because a worker that did little may have been given little.
      this.#rate = Math.max(this.#done / (now - this.#since), RATE_FADE * this.#rate);
      this.begin(now);
    }
    const mean = this.#sum / this.#count;
    this.#mean = Math.max(1, mean, FADE * this.#mean + (1 - FADE) * mean);
    this.#sum = this.#count = 0;
  }

  /** Number of tasks to send beyond the slots, to a worker that was last heard at `heard`. */
  ahead(heard: number, now: number): number {
    if (this.#mean >= BUDGET || now - heard > SILENCE || !this.#sendsAhead) return 0;
    const work = (BUDGET * Math.min(this.concurrency, MOST_SLOTS)) / this.#mean;
    return Math.floor(Math.min(MOST, work, this.#reach * this.#rate));
  }
}
