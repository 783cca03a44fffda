/** Measures how long many tasks that only wait take, in milliseconds. */

import { Executor } from "../../../mod.ts";
import { TASKS, WORKERS } from "../peers/pool.ts";
import { program, time } from "./program.ts";
import type * as tasks from "./tasks.ts";

await program(async ({ count, concurrency, wait }: { count: number; concurrency: number; wait: number }) => {
  const executor = new Executor<typeof tasks>(TASKS, { workers: WORKERS, concurrency });
  await executor.ready();
  const all = (milliseconds: number) =>
    Promise.all(Array.from({ length: count }, () => executor.run("sleep", milliseconds)));
  // A first pass without waiting, so that everything is compiled.
  await all(0);
  return await time(() => all(wait));
});
