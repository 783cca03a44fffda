/**
 * Stuck threads: their worker was given up, but they go on computing. Deno cannot stop a thread before its computation returns, so an
 * endless loop keeps a core busy until the program ends. Stuck threads are counted and reported, and the executor can go on in processes.
 */

import { after } from "../basics/deadlines.ts";

/**
 * How long a thread may take to end before it counts as stuck, in milliseconds. Measured: a thread that does not compute ends
 * within 20 ms, and within some hundreds on a machine with ten threads per core.
 */
const PATIENCE = 2_000;

/**
 * A timer that is later than this, in milliseconds, was held up by the caller's own loop or by a busy machine. The message that
 * the thread has ended may wait there, so the thread gets the same time again.
 */
const LATE = 100;

export class StuckThreads {
  readonly #onStuck: (workerId: number) => void;
  #size = 0;
  /** Number of threads that may still end in time. */
  #ending = 0;

  /** @param onStuck called for each thread that has not ended in time */
  constructor(onStuck: (workerId: number) => void) {
    this.#onStuck = onStuck;
  }

  get size(): number {
    return this.#size;
  }

  /** Number of threads of which it is not known yet whether they are stuck. */
  get unknown(): number {
    return this.#ending;
  }

  /**
   * Takes a worker that was given up. Resolves when it is known whether its thread is stuck.
   *
   * @param ended resolves when the thread has ended
   */
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

/** Whether the promise is still pending after `ms` milliseconds. */
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

/**
 * The report of the first stuck thread.
 *
 * @param continues what workers are from now on
 * @param advice what the user can do, in the names of the interface in use
 */
export function stuckThreadText(continues: "thread" | "process", advice: string): string {
  const next = continues === "process" ? "From now on, tasks run in processes" : advice;
  return `a thread goes on computing after its worker was given up, and keeps a core busy: this runtime cannot stop it. ${next}`;
}
