/**
 * What a task costs that does nothing, in microseconds.
 *
 * @module
 */

import { Executor } from "../../../mod.ts";
import { TASKS } from "../peers/pool.ts";
import { program, time } from "./program.ts";
import type * as tasks from "./tasks.ts";

/** What is measured. */
export interface GrowthOptions {
  /** `run`: all are pending at once. `map`: the inputs come from a generator. */
  call: "run" | "map";
  count: number;
  workers: number;
  concurrency: number;
}

/** A pass of fewer tasks is repeated until it had so many. */
const AT_LEAST = 500_000;

await program(async ({ call, count, workers, concurrency }: GrowthOptions) => {
  // Workers that are idle for a while must not go: starting them is not what is measured.
  const executor = new Executor<typeof tasks>(TASKS, { workers, concurrency, idleTimeout: Infinity });
  await executor.ready();
  const passes = {
    run: async (tasks: number) => {
      const pending = Array.from({ length: tasks }, () => executor.run("noop", undefined));
      // Promise.all() takes two million at the most.
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
  // Has everything compiled, whatever the count: fewer tasks would be dearer for running colder.
  await repeat(Math.min(count, AT_LEAST));
  const spent = await time(() => repeat(count));
  return spent * 1000 / (repeats * count);
});

function* numbers(count: number): Generator<number> {
  for (let number = 0; number < count; number++) yield number;
}
