/** Measures the cost of a task that does nothing, in microseconds. */

import { Executor } from "../../../mod.ts";
import { TASKS } from "../peers/pool.ts";
import { program, time } from "./program.ts";
import type * as tasks from "./tasks.ts";

/** What is measured. */
export interface GrowthOptions {
  /** `run`: all tasks are pending at once. `map`: the inputs come from a generator. */
  call: "run" | "map";
  count: number;
  workers: number;
  concurrency: number;
}

/** A pass with fewer tasks is repeated until this number of tasks has run. */
const AT_LEAST = 300_000;

await program(async ({ call, count, workers, concurrency }: GrowthOptions) => {
  // No idle worker ends, because starting workers is not measured.
  const executor = new Executor<typeof tasks>(TASKS, { workers, concurrency, idleTimeout: Infinity });
  await executor.ready();
  const passes = {
    run: async (tasks: number) => {
      const pending = Array.from({ length: tasks }, () => executor.run("noop", undefined));
      // Promise.all() accepts at most two million promises.
      for (const result of pending) await result;
    },
    map: async (tasks: number) => {
      for await (const _ of executor.map("noop", numbers(tasks)));
    },
  };
  const repeats = Math.ceil(Math.min(count * 50, AT_LEAST) / count);
  const repeat = async (tasks: number) => {
    for (let pass = 0; pass < repeats; pass++) await passes[call](tasks);
  };
  // Compiles everything, for every `count`. Otherwise fewer tasks would cost more each, because less code is compiled.
  await repeat(Math.min(count, AT_LEAST));
  const spent = await time(() => repeat(count));
  return spent * 1000 / (repeats * count);
});

function* numbers(count: number): Generator<number> {
  for (let number = 0; number < count; number++) yield number;
}
