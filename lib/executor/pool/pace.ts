/**
 * How many tasks to send a worker beyond its slots. Short tasks are sent ahead, so that the worker need
 * not wait for the caller after each; long ones never, so that none waits behind another while a
 * second worker is free.
 *
 * @module
 */

/** The most tasks sent ahead. */
const MOST = 4_096;

/** Work sent ahead, per slot, in microseconds; tasks that take longer than this are not sent ahead. */
const BUDGET = 1000;

/** Slots that count for that: the worker gives back what waits too long (`worker/waiting_tasks.ts`). */
const MOST_SLOTS = 16;

/**
 * A worker is sent ahead at most what it did in this number of milliseconds: where inputs are large, to bring
 * them there takes longer than the task, and each that is on its way takes memory.
 */
const REACH = 16;

/** Where workers share a core, each does less in that time, and is sent ahead for longer: up to this number of times. */
const MOST_SHARING = 8;

/** The most that is sent ahead before a worker's rate is known: some that do not cost much. */
const FIRST = 256;

/** How long its rate is measured, in milliseconds. */
const PERIOD = 4;

/** A worker that has tasks and has not been heard for so long, in milliseconds, is busy with a long one. */
const SILENCE = 5;

/** How much of the estimate stays when a batch of replies was quicker; a slower one counts at once. */
const FADE = 0.5;

/** How much of the rate stays when less was done; more counts at once. */
const RATE_FADE = 0.8;

/** Follows the run times of one worker's tasks. */
export class Pace {
  /** How many tasks its worker runs at once. */
  concurrency: number;
  readonly #sendsAhead: boolean;
  /** The worker is sent ahead at most what it did in this number of milliseconds. */
  readonly #reach: number;
  /**
   * What a task takes, in microseconds. A mean, because what matters is how much work is ahead: one task
   * in a hundred that takes a hundred times as long doubles it.
   */
  #mean = BUDGET;
  /** Tasks per millisecond, at last count. */
  #rate: number;
  /** Tasks that it is done with since then. */
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

  /** So many tasks ran this long, each; of an array, those from `from` on. */
  observe(micros: number | number[], count: number, from = 0): void {
    if (typeof micros === "number") this.#sum += micros * count;
    else for (let at = from; at < from + count; at++) this.#sum += micros[at];
    this.#count += count;
  }

  /** It had no slot for what it was sent ahead: nothing more of that until it is quicker again. */
  slow(): void {
    this.#mean = 2 * BUDGET;
  }

  /** The worker had nothing to do until now. */
  begin(now: number): void {
    this.#since = now;
    this.#done = 0;
  }

  /** A batch of replies has been read. */
  endBatch(now: number): void {
    if (this.#count === 0) return;
    this.#done += this.#count;
    if (now - this.#since >= PERIOD) {
      // Slowly down: a worker that did little may have been given little.
      this.#rate = Math.max(this.#done / (now - this.#since), RATE_FADE * this.#rate);
      this.begin(now);
    }
    const mean = this.#sum / this.#count;
    this.#mean = Math.max(1, mean, FADE * this.#mean + (1 - FADE) * mean);
    this.#sum = this.#count = 0;
  }

  /** How many tasks to send beyond the slots there are, to a worker that was last heard at `heard`. */
  ahead(heard: number, now: number): number {
    if (this.#mean >= BUDGET || now - heard > SILENCE || !this.#sendsAhead) return 0;
    const work = (BUDGET * Math.min(this.concurrency, MOST_SLOTS)) / this.#mean;
    return Math.floor(Math.min(MOST, work, this.#reach * this.#rate));
  }
}
