/**
 * How many tasks to send a worker beyond its slots. Short tasks are sent ahead, so that the worker need
 * not wait for the caller after each; long ones never, so that none waits behind another while a
 * second worker is free.
 *
 * @module
 */

/** The most tasks sent ahead. */
const MOST = 1024;

/** Work sent ahead, per slot, in microseconds; tasks that take longer than this are not sent ahead. */
const BUDGET = 1000;

/** A worker that has tasks and has not been heard for so long, in milliseconds, is busy with a long one. */
const SILENCE = 5;

/** What the longest of the recent tasks counts for after each batch of replies. */
const FADE = 0.8;

/** Follows the run times of one worker's tasks. */
export class Pace {
  readonly #concurrency: number;
  /** The longest recent run, fading: one long task among short ones must be seen, not averaged away. */
  #longest = BUDGET;
  #longestInBatch = 0;

  constructor(concurrency: number) {
    this.#concurrency = concurrency;
  }

  /** A task ran this long. */
  observe(micros: number): void {
    if (micros > this.#longestInBatch) this.#longestInBatch = Math.max(micros, 1);
  }

  /** It had no slot for what it was sent ahead. */
  slow(): void {
    this.observe(BUDGET);
  }

  /** A batch of replies has been read. */
  endBatch(): void {
    if (this.#longestInBatch === 0) return;
    this.#longest = Math.max(this.#longestInBatch, this.#longest * FADE, 1);
    this.#longestInBatch = 0;
  }

  /** How many tasks to send beyond the slots there are, to a worker that was last heard at `heard`. */
  ahead(heard: number, now: number): number {
    if (this.#longest >= BUDGET || now - heard > SILENCE) return 0;
    return Math.min(MOST, Math.floor((BUDGET * this.#concurrency) / this.#longest));
  }
}
