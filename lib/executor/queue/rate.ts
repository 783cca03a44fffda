/**
 * When the next tasks may start, where there is a rate. A start is a body that begins: its worker says so, and everything
 * here counts from then, so that neither a worker that is slow to start nor a busy machine brings starts together.
 *
 * Each start has a place in a timetable, evenly spaced. One that is a little late does not move the places that follow; one
 * that is later than `SLACK` does. `dispatcher.ts` asks here before it sends. What no lateness changes: no `perMs` milliseconds have more than `tasks` starts.
 *
 * @module
 */

import { Fifo } from "../calls/fifo.ts";
import type { RateOptions } from "../types.ts";

/**
 * A start takes this long, at most, from its worker to the server that counts it, in milliseconds. A guess for a network
 * nearby: `tasks` starts are spread over `perMs` and this, but at most 2 % more.
 */
const SPREAD = 20;

/** Lateness that is made up for, in milliseconds: timers were measured to be 1 to 7 late. */
const SLACK = 20;

/** By how much two neighbours may be closer than their places, in milliseconds, but at most 10 %. */
const CLOSER = 2;

/** At most this part of the rate begins together, where places are closer together than timers are exact. */
const MOST_TOGETHER = 1 / 20;

/**
 * The first task of a worker takes longer to reach what it asks (its first request loads what makes requests: 20 to 40 ms
 * were measured), so that the next would arrive close behind it. In milliseconds.
 */
const FIRST = 50;

/** Starts are remembered to this part of `perMs`, so that memory has a bound at any rate. */
const RESOLUTION = 1 / 10_000;

/** Starts that are remembered as one. */
interface Remembered {
  /** When the first and the last began. */
  from: number;
  to: number;
  count: number;
}

/** The starts of one executor. Times are milliseconds of any one clock. */
export class Rate {
  readonly #tasks: number;
  /** No such time has more than `tasks` starts. */
  readonly #window: number;
  /** Between two places of the timetable. */
  readonly #interval: number;
  readonly #together: number;
  /** The place of the next start. */
  #place = -Infinity;
  /** The next start is not before this, whatever its place. */
  #soonest = -Infinity;
  /** The starts of the last window. */
  readonly #recent = new Fifo<Remembered>();
  #recentCount = 0;

  constructor({ tasks, perMs }: RateOptions) {
    this.#tasks = Math.ceil(tasks);
    this.#window = perMs + Math.min(SPREAD, perMs / 50);
    this.#interval = this.#window / tasks;
    this.#together = Math.max(
      1,
      Math.min(Math.ceil(SLACK / this.#interval), Math.floor(tasks * MOST_TOGETHER)),
    );
  }

  /** How many tasks may start, if all that did so before have begun but for those `overdue`, which may begin at any time. */
  due(now: number, overdue = 0): number {
    if (this.wait(now, overdue) > 0) return 0;
    const late = 1 + Math.floor((now - this.#place) / this.#interval);
    return Math.min(late, this.#together, this.#tasks - this.#recentCount - overdue);
  }

  /** These are on their way: no more than were due. */
  started(count: number, now: number): void {
    if (count > 0) this.#place = Math.max(this.#place, now - SLACK) + count * this.#interval;
  }

  /** A body has begun; `isFirst` says whether it is the first on its worker. */
  begun(now: number, isFirst: boolean): void {
    const at = isFirst ? now + FIRST : now;
    this.#place = Math.max(this.#place, at - SLACK + this.#interval);
    if (this.#together === 1) this.#soonest = at + this.#interval - Math.min(CLOSER, this.#interval / 10);
    this.#remember(at);
  }

  /** How long it is until the next may; Infinity if that depends on those overdue. */
  wait(now: number, overdue = 0): number {
    this.#forget(now);
    const isFull = this.#recentCount + overdue >= this.#tasks;
    const free = isFull ? (this.#recent.peek()?.to ?? Infinity) + this.#window : now;
    return Math.max(0, this.#place - now, this.#soonest - now, free - now);
  }

  #remember(at: number): void {
    this.#recentCount++;
    const last = this.#recent.peekLast();
    if (last && at - last.from < this.#window * RESOLUTION) {
      last.to = Math.max(last.to, at);
      last.count++;
    } else this.#recent.push({ from: at, to: at, count: 1 });
  }

  #forget(now: number): void {
    for (;;) {
      const oldest = this.#recent.peek();
      if (!oldest || oldest.to + this.#window > now) return;
      this.#recent.shift();
      this.#recentCount -= oldest.count;
    }
  }
}
