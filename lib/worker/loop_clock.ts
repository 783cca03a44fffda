/**
 * The time of the task loop. To read the clock costs as much as a task that does nothing, so while tasks start and end
 * quickly, one reading stands for several of them. Measured: reading it for each task costs `map()` of numbers 26 % more
 * CPU on Deno 2.9 and 14 % on Node 24.
 *
 * @module
 */

import { min } from "../wire/intrinsics.ts";
import { now } from "./realm.ts";

/** Starts and ends of tasks for which one reading may stand, at most. A guess: with 16, a time is wrong by twice as much. */
const MOST_UNREAD = 8;

/** Milliseconds between two readings, up to which tasks count as quick: so much is a task's time wrong at most. */
const QUICK = 0.05;

/** A clock that is not read each time. */
export class LoopClock {
  /** The last reading, in milliseconds, as `performance.now()` has it. */
  time: number = now();
  /** Starts and ends since the last reading, and at how many of them the clock is read. */
  #unread = 0;
  #perReading = 1;
  /** Whether a task has ended in this turn: before that, the last reading may be of any time. */
  #isOfThisTurn = false;

  /** Reads the clock. */
  read(): void {
    this.time = now();
  }

  /** Counts a start or an end of a task, and reads the clock after a few of them. */
  count(): void {
    if (++this.#unread < this.#perReading) return;
    const time = now();
    const isQuick = time - this.time < QUICK;
    this.#perReading = isQuick ? min(2 * this.#perReading, MOST_UNREAD) : 1;
    this.#unread = 0;
    this.time = time;
  }

  /** Counts the end of a task that may be the first thing of its turn. */
  countEnd(): void {
    if (this.#isOfThisTurn) this.count();
    else this.read();
    this.#isOfThisTurn = true;
  }

  /** Ends the turn: the next task may end at any time. */
  endTurn(): void {
    this.#isOfThisTurn = false;
  }
}
