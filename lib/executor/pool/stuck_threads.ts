/**
 * Threads that were given up and compute on. Deno cannot stop a thread before what it computes has come back; an endless loop
 * keeps its core until the program ends. Such threads are counted and told of, so that the executor can go on in processes.
 *
 * @module
 */

import { after } from "../deadlines.ts";

/**
 * How long a thread may take to end before it counts as stuck, in milliseconds. Measured: one that does not compute ends
 * within 20, on a machine with ten times as many threads as cores within some hundreds.
 */
const PATIENCE = 2_000;

/**
 * A timer that fires so late, in milliseconds, was held up by the caller's own loop, where the news that a thread has ended may
 * wait, or by a machine that is busy elsewhere, as the thread may be: it has as long again.
 */
const LATE = 100;

/** Follows the threads that were given up. */
export class StuckThreads {
  readonly #onStuck: (workerId: number) => void;
  #size = 0;
  /** Threads that were given up and may yet end in time. */
  #ending = 0;

  /** `onStuck` is told of each thread that has not ended in time. */
  constructor(onStuck: (workerId: number) => void) {
    this.#onStuck = onStuck;
  }

  /** How many there are now. */
  get size(): number {
    return this.#size;
  }

  /** How many threads have been given up of which it is not known whether they can be stopped. */
  get unknown(): number {
    return this.#ending;
  }

  /** The worker was given up; `ended` resolves when its thread is gone. Resolves when it is known whether it is stuck. */
  async follow(workerId: number, ended: Promise<void>): Promise<void> {
    this.#ending++;
    const isStuck = await outlasts(ended, PATIENCE);
    this.#ending--;
    if (!isStuck) return;
    this.#size++;
    ended.then(() => this.#size--);
    this.#onStuck(workerId);
  }
}

/** Whether the promise has not settled after `ms` milliseconds. */
async function outlasts(ended: Promise<void>, ms: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const arm = () => {
    const due = performance.now() + ms;
    return after(ms, () => {
      if (performance.now() - due > LATE) timer = arm();
      else resolve(true);
    });
  };
  let timer = arm();
  ended.then(() => resolve(false));
  const isLate = await promise;
  clearTimeout(timer);
  return isLate;
}

/** What is said of the first such thread, once. `advice` is what helps, in the words of the interface that is used. */
export function stuckThreadText(continues: "thread" | "process", advice: string): string {
  const next = continues === "process" ? "From now on, tasks run in processes" : advice;
  return `a thread computes on after its worker was given up, and keeps a core busy: this runtime cannot stop it. ${next}`;
}
