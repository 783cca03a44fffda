/**
 * The clock of the task loop. Reading the system clock costs as much as a task that does nothing. So while tasks start
 * and end quickly, several of them share one reading. Measured: reading it for each task costs `map()` of numbers 26 %
 * more CPU on Deno 2.9 and 14 % on Node 24.
 */

import { min } from "../wire/intrinsics.ts";
import { now } from "./realm.ts";

/**
 * Maximum number of starts and ends of tasks that share one reading. With 8, the best of several runs of `map()` of numbers took 8 % more
 * CPU time on Deno 2.9 and 3 % more on Node 24, on a busy machine. Eight tasks that do nothing take about 1 µs.
 */
const MOST_UNREAD = 16;

/**
 * Maximum time between two readings, in milliseconds, for tasks to count as quick. This is the maximum error of a
 * task's time.
 */
const QUICK = 0.05;

export class LoopClock {
  /** The last reading, in milliseconds, as `performance.now()` has it. */
  time: number = now();
  /** Number of starts and ends since the last reading, and the number at which the clock is read. */
  #unread = 0;
  #perReading = 1;
  /** Whether a task has ended in this turn. Until then, the last reading may be old. */
  #isOfThisTurn = false;

  read(): void {
    this.time = now();
  }

  /** Counts a start or an end of a task. Reads the clock after a few of them. */
  count(): void {
    if (++this.#unread < this.#perReading) return;
    const time = now();
    const isQuick = time - this.time < QUICK;
    this.#perReading = isQuick ? min(2 * this.#perReading, MOST_UNREAD) : 1;
    this.#unread = 0;
    this.time = time;
  }

  /** Counts the end of a task that may be the first event of its turn. */
  countEnd(): void {
    if (this.#isOfThisTurn) this.count();
    else this.read();
    this.#isOfThisTurn = true;
  }

  /** Ends the turn. The next task may end at any time. */
  endTurn(): void {
    this.#isOfThisTurn = false;
  }
}
