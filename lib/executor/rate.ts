/**
 * How many tasks may start now, where so many per time may: a schedule with a place for each, evenly spaced. A start
 * that comes late for its place (timers are, by a millisecond or two) does not put off the next; what is missed for
 * longer than that is missed, so that nothing is made up for in a burst. In other words the virtual scheduling of the
 * generic cell rate algorithm (ITU-T I.371), with a tolerance that only those have who have waited.
 *
 * @module
 */

import type { RateOptions } from "./types.ts";

/** By how much starts may be late without being missed, in milliseconds. */
const LATE = 20;

/** The starts of one executor. Times are milliseconds of any one clock. */
export class Rate {
  /** Between two starts. */
  readonly #interval: number;
  /** When the next may be. */
  #next = -Infinity;
  /** Whether tasks wait for it. */
  #awaited = false;

  constructor({ tasks, perMs }: RateOptions) {
    this.#interval = perMs / tasks;
  }

  /** How many tasks may start. */
  due(now: number): number {
    if (now < this.#next) return 0;
    return 1 + Math.floor((now - this.#base(now)) / this.#interval);
  }

  /** So many have started, no more than were due. `awaited` says whether there are more. */
  started(count: number, now: number, awaited: boolean): void {
    if (count > 0) this.#next = this.#base(now) + count * this.#interval;
    this.#awaited = awaited;
  }

  /** How long it is until the next may. */
  wait(now: number): number {
    return Math.max(0, this.#next - now);
  }

  /** For when the first that starts now was planned. */
  #base(now: number): number {
    return this.#awaited ? Math.max(this.#next, now - LATE) : now;
  }
}
