/**
 * Finds the part of a rate that a server takes (`auto`). When tasks are refused several times in a row, by errors with a
 * `retryAfter`, the rate is halved. While none is refused, it grows again step by step, up to the whole. Nothing here reads a clock.
 */

/** Number of refused tasks in a row that halve the rate. A guess: one or two may be by chance. */
const MANY = 3;

/** The part by which the rate grows in a step. A guess: half of the rate comes back in ten steps. */
const STEP = 0.05;

/**
 * Above the part that the server took before it refused many, this number of steps are smaller than {@link STEP}, by this factor. A guess.
 */
const CAREFUL = 5;

/** The least part. A guess: with less, it would take long to notice that the server takes more again. */
const LEAST = 1 / 64;

/** Minimum time of a step, in milliseconds, and its part of the rate's interval. Guesses. */
const SHORTEST = 1_000;
const PART = 1 / 10;

/** The present part of one rate. All times are milliseconds of the same clock. */
export class AutoRate {
  readonly #step: number;
  #part = 1;
  /** When this step began, and when the rate was halved last. */
  #since = -Infinity;
  #halved = -Infinity;
  /** Number of smaller steps since then. */
  #careful = 0;
  /** Number of refused tasks since the last step without any, and whether one was refused in this step. */
  #refused = 0;
  #isClean = true;
  #hasStarted = false;
  /** The last part at which none was refused for a step, and the one before the rate was halved. */
  #kept: number | undefined;
  #keptBefore: number | undefined;

  /** @param perMs the interval of the rate */
  constructor(perMs: number) {
    this.#step = Math.max(SHORTEST, perMs * PART);
  }

  /** The part of the rate at which tasks start. */
  get part(): number {
    return this.#part;
  }

  /** The highest part at which the server has refused nothing for a step, since it last refused many. */
  get found(): number {
    return Math.max(this.#kept ?? 0, this.#keptBefore ?? 0) || this.#part;
  }

  /** Takes the start of a task. Returns whether the part has changed. */
  started(now: number): boolean {
    if (this.#since === -Infinity) this.#since = now;
    // A step in which nothing started says nothing.
    const isOver = now - this.#since >= this.#step && this.#hasStarted;
    const hasChanged = isOver && this.#endStep(now);
    this.#hasStarted = true;
    return hasChanged;
  }

  #endStep(now: number): boolean {
    const wasClean = this.#isClean;
    this.#begin(now);
    if (!wasClean) return false;
    this.#refused = 0;
    this.#kept = this.#part;
    this.#part = Math.min(1, this.#part + this.#nextStep());
    return this.#part !== this.#kept;
  }

  /** Up to the part that was taken before, and then carefully beyond it. */
  #nextStep(): number {
    const known = this.#keptBefore ?? 0;
    if (this.#part < known) return Math.min(STEP, known - this.#part);
    return known > 0 && this.#careful++ < CAREFUL ? STEP / CAREFUL : STEP;
  }

  /** Takes an error with a `retryAfter`, of an attempt that was sent at this time. Returns whether the part has changed. */
  refused(sent: number, now: number): boolean {
    // An attempt from before the rate was halved says nothing about the present one.
    if (sent < this.#halved) return false;
    this.#isClean = false;
    if (++this.#refused < MANY) return false;
    this.#refused = 0;
    this.#begin(now);
    this.#halved = now;
    this.#careful = 0;
    this.#keptBefore = this.#kept;
    this.#kept = undefined;
    const before = this.#part;
    this.#part = Math.max(LEAST, this.#part / 2);
    return this.#part !== before;
  }

  #begin(now: number): void {
    this.#since = now;
    this.#isClean = true;
    this.#hasStarted = false;
  }
}
