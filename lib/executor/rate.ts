/**
 * When the next tasks may start, where there is a rate. A start is a body that begins: a worker says so, and the time
 * to the next one counts from then, so that neither a worker that is slow to start nor a busy machine brings two starts
 * together. No start is made up for: what comes late moves all that follow.
 *
 * Where starts are closer together than timers are exact, some begin together, and the interval is a little longer, so
 * that no `perMs` milliseconds have more than `tasks` starts all the same.
 *
 * @module
 */

import type { RateOptions } from "./types.ts";

/** Starts that are closer together than this, in milliseconds, may begin together: timers are late by a few. */
const GRAIN = 10;

/** What begins together may be so much of the rate: the interval is longer by twice that. */
const MOST_TOGETHER = 1 / 20;

/**
 * The first task of a worker takes longer to reach what it asks (its first request loads what makes requests: 20 to 40 ms
 * were measured), so that the next would arrive close behind it. In milliseconds.
 */
const FIRST = 50;

/** The starts of one executor. Times are milliseconds of any one clock. */
export class Rate {
  /** Between two starts. */
  readonly interval: number;
  /** How many may begin together. */
  readonly #together: number;
  /** How long they may be behind their places in time without moving what follows. */
  readonly #slack: number;
  /** When the next may be. */
  #next = -Infinity;

  constructor({ tasks, perMs }: RateOptions) {
    const wanted = Math.ceil(GRAIN * tasks / perMs);
    const together = this.#together = Math.max(1, Math.min(wanted, Math.floor(tasks * MOST_TOGETHER)));
    this.interval = perMs / (together === 1 ? tasks : tasks - 2 * together);
    this.#slack = together === 1 ? 0 : together * this.interval;
  }

  /** How many tasks may start, if all that did so before have begun. */
  due(now: number): number {
    if (this.wait(now) > 0) return 0;
    return Math.min(this.#together, 1 + Math.floor((now - this.#next) / this.interval));
  }

  /** So many are on their way, no more than were due. */
  started(count: number, now: number): void {
    if (count > 0) this.#next = Math.max(this.#next, now - this.#slack) + count * this.interval;
  }

  /** A body has begun; `isFirst` says whether it is the first on its worker. */
  begun(now: number, isFirst: boolean): void {
    const after = now + this.interval + (isFirst ? FIRST : 0) - this.#slack;
    this.#next = Math.max(this.#next, after);
  }

  /** How long it is until the next may. */
  wait(now: number): number {
    return Math.max(0, this.#next - now);
  }
}
