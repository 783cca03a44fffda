/** Measures how much longer tasks that wait take if other tasks compute on the same workers. */

import { Executor } from "../../../mod.ts";
import { TASKS, WORKERS } from "../peers/pool.ts";
import { program } from "./program.ts";
import * as tasks from "./tasks.ts";

/** What is measured. */
export interface MixOptions {
  /** Work of each task that computes, in turns of `spin`. */
  turns: number;
  /** Number of tasks that compute at any time. */
  computing: number;
  concurrency: number;
  /** Duration in milliseconds. */
  duration: number;
}

/** Delays of the tasks that wait, in milliseconds. */
export interface Mix {
  p50: number;
  p99: number;
}

/** How long a task waits, and the interval between two submissions, in milliseconds. */
const WAIT = 5;

await program(async ({ turns, computing, concurrency, duration }: MixOptions): Promise<Mix> => {
  const executor = new Executor<typeof tasks>(TASKS, { workers: WORKERS, concurrency });
  await executor.ready();
  await Promise.all(Array.from({ length: 20 }, () => executor.run("spin", turns)));
  let over = false;
  const compute = async () => {
    while (!over) await executor.run("spin", turns);
  };
  const busy = Array.from({ length: computing }, compute);
  const held: Promise<number>[] = [];
  const wait = async () => {
    const begun = performance.now();
    await executor.run("sleep", WAIT);
    return performance.now() - begun - WAIT;
  };
  const end = performance.now() + duration;
  while (performance.now() < end) {
    held.push(wait());
    await tasks.sleep(WAIT);
  }
  over = true;
  const sorted = (await Promise.all(held)).sort((one, other) => one - other);
  await Promise.all(busy);
  const at = (part: number) => sorted[Math.floor(sorted.length * part)];
  return { p50: at(0.5), p99: at(0.99) };
});
