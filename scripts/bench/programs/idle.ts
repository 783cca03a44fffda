/** Measures the fraction of the time in which a worker is idle although tasks are pending. */

import { Executor } from "../../../mod.ts";
import { TASKS, WORKERS } from "../peers/pool.ts";
import { program } from "./program.ts";
import type * as tasks from "./tasks.ts";

/** What is measured. `wait`: every other task waits for this many milliseconds and computes nothing. */
interface IdleOptions {
  turns: number;
  wait: number;
  tasks: number;
  concurrency: number;
}

await program(async ({ turns, wait, tasks: count, concurrency }: IdleOptions) => {
  const executor = new Executor<typeof tasks>(TASKS, { workers: WORKERS, concurrency });
  await executor.ready();
  await Promise.all(Array.from({ length: 20 }, () => executor.run("spin", turns)));
  const inputs = Array.from(
    { length: count },
    (_, index) => wait > 0 && index % 2 === 1 ? { wait, turns: 0 } : { wait: 0, turns },
  );
  const stamps = await Promise.all(inputs.map((input) => executor.run("stamped", input)));
  return idle(stamps, WORKERS * concurrency);
});

/** The last `slots` tasks may all be in flight. Only before that is a task certainly pending. */
function idle(stamps: tasks.Stamp[], slots: number): number {
  const sorted = stamps.toSorted((one, other) => one.begun - other.begun);
  const start = sorted[0].begun;
  const end = sorted[sorted.length - slots].begun;
  const workers = [...Map.groupBy(sorted, ({ worker }) => worker).values()];
  const gaps = workers.map((own) => {
    let gap = 0;
    let busyUntil = start;
    for (const { begun, ended } of own) {
      if (begun > busyUntil) gap += Math.max(0, Math.min(begun, end) - busyUntil);
      busyUntil = Math.max(busyUntil, ended);
    }
    return gap + Math.max(0, end - busyUntil);
  });
  return gaps.reduce((sum, gap) => sum + gap, 0) / (WORKERS * (end - start));
}
