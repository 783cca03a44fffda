/**
 * How many tasks may start now, where so many per time may: a timetable with a place for each, evenly spaced. A start
 * that comes late for its place, as timers do, does not put off the next; and what a machine that was busy elsewhere
 * missed is caught up with, but at a pace that is little higher, never in a burst. What was missed for longer than that
 * is missed. In the words of the generic cell rate algorithm (ITU-T I.371): two virtual schedules, one for the rate and
 * one for its peak, with tolerances that only tasks have that have waited.
 *
 * @module
 */

import type { RateOptions } from "./types.ts";

/** By how much starts may be late without being missed, in milliseconds. */
const LATE = 100;

/** The pace at which is caught up with them, as a multiple of the rate. */
const PEAK = 1.2;

/** Timers are no finer than this, in milliseconds: what becomes due in between starts together. */
const GRAIN = 5;

/** The starts of one executor. Times are milliseconds of any one clock. */
export class Rate {
  /** Between two starts, */
  readonly #interval: number;
  /** and as little as that may become. */
  readonly #least: number;
  /** When the next may be, by each of them. */
  #next = -Infinity;
  #soonest = -Infinity;
  /** Whether tasks wait for it. */
  #awaited = false;

  constructor({ tasks, perMs }: RateOptions) {
    this.#interval = perMs / tasks;
    this.#least = this.#interval / PEAK;
  }

  /** How many tasks may start. */
  due(now: number): number {
    if (this.wait(now) > 0) return 0;
    const [next, soonest] = this.#planned(now);
    return 1 + Math.floor(Math.min((now - next) / this.#interval, (now - soonest) / this.#least));
  }

  /** So many have started, no more than were due. `awaited` says whether there are more. */
  started(count: number, now: number, awaited: boolean): void {
    if (count > 0) {
      const [next, soonest] = this.#planned(now);
      this.#next = next + count * this.#interval;
      this.#soonest = soonest + count * this.#least;
    }
    this.#awaited = awaited;
  }

  /** How long it is until the next may. */
  wait(now: number): number {
    return Math.max(0, this.#next - now, this.#soonest - now);
  }

  /** For when the first that starts now was planned, by each of them. */
  #planned(now: number): [next: number, soonest: number] {
    if (!this.#awaited) return [now, now];
    return [Math.max(this.#next, now - LATE), Math.max(this.#soonest, now - GRAIN)];
  }
}
