/**
 * How long tasks take that compute, in milliseconds.
 *
 * @module
 */

import { Executor } from "../../../mod.ts";
import { TASKS, WORKERS } from "../peers/pool.ts";
import { program, time } from "./program.ts";
import type * as tasks from "./tasks.ts";

await program(async ({ turns, count }: { turns: number; count: number }) => {
  const executor = new Executor<typeof tasks>(TASKS, { workers: WORKERS });
  await executor.ready();
  const all = (tasks: number) =>
    Promise.all(Array.from({ length: tasks }, () => executor.run("spin", turns)));
  // So that each worker has compiled it.
  await all(20);
  return await time(() => all(count));
});
