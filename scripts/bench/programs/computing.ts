/** Measures how long tasks that compute take, in milliseconds. */

import { Executor } from "../../../mod.ts";
import { TASKS, WORKERS } from "../peers/pool.ts";
import { program, time } from "./program.ts";
import type * as tasks from "./tasks.ts";

await program(async ({ turns, count }: { turns: number; count: number }) => {
  const executor = new Executor<typeof tasks>(TASKS, { workers: WORKERS });
  await executor.ready();
  const all = (tasks: number) =>
    Promise.all(Array.from({ length: tasks }, () => executor.run("spin", turns)));
  // A first pass, so that each worker has compiled the task.
  await all(20);
  return await time(() => all(count));
});
