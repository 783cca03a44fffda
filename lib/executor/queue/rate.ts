/**
 * Decides when the next tasks may start, where there is a `rate`. `dispatcher.ts` asks before it sends tasks. A start is a body
 * that begins. Its worker announces it, and times are counted from then. So neither a slow worker nor a busy machine brings starts
 * closer together.
 *
 * Starts have evenly spaced places in a timetable. A start that is late by at most `SLACK` does not move the places that follow, and
 * a later one does. In any case, no `perMs` milliseconds have more than `tasks` starts.
 *
 * @module
 */

import { Fifo } from "../calls/fifo.ts";
import type { RateOptions } from "../types.ts";

/**
 * Maximum time from a start to the server that counts it, in milliseconds. A guess for a near network. `tasks` starts are spread
 * over `perMs` plus this time, but at most 2 % more.
 */
const SPREAD = 20;

/** Lateness that does not move later starts, in milliseconds. Measured: timers are late by 1 to 7 ms. */
const SLACK = 20;

/** Two neighbours may be closer than their places by this time, in milliseconds, but at most 10 %. A guess. */
const CLOSER = 2;

/** Maximum part of the rate that starts together, where places are closer together than timers are exact. A guess. */
const MOST_TOGETHER = 1 / 20;

/**
 * Additional time after the first start of a worker, in milliseconds. Measured: its first request takes 20 to 40 ms longer, because
 * it loads the code for requests. Without this time, the next request would arrive close behind it.
 */
const FIRST = 50;

/** Starts within this part of `perMs` are remembered as one, so that memory is limited at any rate. */
const RESOLUTION = 1 / 10_000;

/** Starts that are remembered as one. */
interface Remembered {
  /** When the first and the last of them began. */
  from: number;
  to: number;
  count: number;
}

/** The starts of one executor. All times are milliseconds of one clock, whichever it is. */
export class Rate {
  readonly #tasks: number;
  /** Length of the window that has at most `tasks` starts, in milliseconds. */
  readonly #window: number;
  /** Time between two places of the timetable, in milliseconds. */
  readonly #interval: number;
  /** Maximum number of tasks that start together. */
  readonly #together: number;
  /** The place of the next start: its time by the timetable. */
  #place = -Infinity;
  /** The earliest time of the next start, whatever its place. */
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

  /**
   * Number of tasks that may start now.
   *
   * @param overdue number of tasks that were sent and can begin at any time
   */
  due(now: number, overdue = 0): number {
    if (this.wait(now, overdue) > 0) return 0;
    const late = 1 + Math.floor((now - this.#place) / this.#interval);
    return Math.min(late, this.#together, this.#tasks - this.#recentCount - overdue);
  }

  /** Takes the number of tasks that were sent, at most the number that was due. */
  started(count: number, now: number): void {
    if (count > 0) this.#place = Math.max(this.#place, now - SLACK) + count * this.#interval;
  }

  /** Takes the announcement of a start. `isFirst` says whether it is the first one of its worker. */
  begun(now: number, isFirst: boolean): void {
    const at = isFirst ? now + FIRST : now;
    this.#place = Math.max(this.#place, at - SLACK + this.#interval);
    if (this.#together === 1) this.#soonest = at + this.#interval - Math.min(CLOSER, this.#interval / 10);
    this.#remember(at);
  }

  /** Time until the next task may start, in milliseconds; `Infinity` if this depends on overdue starts. */
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
