/**
 * A gate that an error's `retryAfter` closes: nothing starts before the time that it names. Then starts resume evenly, because a
 * burst would exceed the limit of the server again.
 *
 * The first pace is the one that the server took before. It is the number of tasks that succeeded since the gate last opened, or since
 * tasks began to wait, divided by the time from then until the gate opens. The pace doubles after that number of starts. It ends when
 * all slots are in use.
 */

/** Lateness for which later starts make up, in milliseconds. Measured: timers are late by 1 to 7 ms. */
const SLACK = 20;

/** Starts are spread over the pause as if at least this number of tasks had succeeded. A guess: few say little about the pace. */
const LEAST = 8;

/** The pace ends at this time between two starts, in milliseconds, which timers cannot tell from none. */
const SHORTEST = 1;

/** The time before the gate closed, and the tasks that succeeded in it. */
export interface Stretch {
  /** When it began, in milliseconds of `performance.now()`. */
  since: number;
  /** Number of tasks that have succeeded since then. */
  done: number;
}

/** The gate of one executor, or of one key. All times are milliseconds of the same clock. */
export class Gate {
  /** Nothing starts before this time. */
  #opens = -Infinity;
  /** The stretch from which the first pace is taken: when it began, and the number of its tasks, after which the pace doubles. */
  #since = 0;
  #count = LEAST;
  /** Time between two starts; 0 if starts are not spaced. */
  #interval = 0;
  /** When the next start is due, and number of starts until the pace doubles. */
  #next = -Infinity;
  #left = 0;
  readonly #isPaced: boolean;

  /** @param isPaced whether it spaces starts after a pause. False where a rate with `auto` does so. */
  constructor(isPaced = true) {
    this.#isPaced = isPaced;
  }

  get opens(): number {
    return this.#opens;
  }

  /** Whether starts are limited: the gate is closed, or starts are spaced. */
  get isInForce(): boolean {
    return this.#interval > 0;
  }

  /** Closes the gate until a time. Returns false if it is closed until then anyway. */
  close(until: number, now: number, { since, done }: Stretch): boolean {
    if (until <= this.#opens || until <= now) return false;
    if (this.#opens <= now) {
      this.#since = since;
      this.#count = Math.max(LEAST, done);
    }
    this.#opens = this.#next = until;
    this.#left = this.#count;
    this.#interval = Math.max(SHORTEST, (until - Math.min(this.#since, now)) / this.#count);
    return true;
  }

  /** Time until the next start is due, in milliseconds. */
  wait(now: number): number {
    return this.#interval === 0 ? 0 : Math.max(0, this.#next - now);
  }

  due(now: number): number {
    if (this.#interval === 0) return Infinity;
    if (this.#next > now) return 0;
    if (!this.#isPaced) {
      this.#interval = 0;
      return Infinity;
    }
    const late = Math.min(now - this.#next, SLACK);
    return 1 + Math.floor(late / this.#interval);
  }

  started(count: number, now: number): void {
    if (this.#interval === 0 || count === 0) return;
    this.#next = Math.max(this.#next, now - SLACK) + count * this.#interval;
    this.#left -= count;
    if (this.#left > 0) return;
    this.#left = this.#count;
    this.#interval /= 2;
    if (this.#interval < SHORTEST) this.#interval = 0;
  }

  /** Ends the pace, unless the gate is closed, because all slots are in use: tasks start as others end. */
  full(now: number): void {
    if (this.#opens <= now) this.#interval = 0;
  }
}
