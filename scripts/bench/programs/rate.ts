/** Measures tasks per second through a pool, with all tasks submitted at once. */

import { open, type PoolName } from "../peers/pool.ts";
import { page } from "./page.ts";
import { program, time } from "./program.ts";

/** What is measured. */
export interface RateOptions {
  pool: PoolName;
  task: "noop" | "identity";
  /**
   * `run`: one call per input. `map`: one call for all inputs, collected in an array. `for await`: one call, read one
   * by one.
   */
  call: "run" | "map" | "for await";
  inputs: "numbers" | "objects";
  /** Number of tasks in the measured pass. */
  count: number;
  /** Number of tasks in the pass before it, which starts the workers and compiles everything. */
  warmup: number;
}

await program(async ({ pool: name, task, call, inputs, count, warmup }: RateOptions) => {
  const pool = await open(name, task);
  const make = inputs === "numbers" ? (index: number) => index : page;
  const pass = async (values: unknown[]) => {
    const results = await calls[call](values);
    if (results !== values.length) throw new Error(`${results} results for ${values.length} inputs`);
  };
  const calls = {
    run: async (values: unknown[]) => (await Promise.all(values.map(pool.run))).length,
    map: async (values: unknown[]) => (await pool.map!(values).toArray()).length,
    "for await": async (values: unknown[]) => {
      let results = 0;
      for await (const _ of pool.map!(values)) results++;
      return results;
    },
  };
  await pass(Array.from({ length: warmup }, (_, index) => make(index)));
  const values = Array.from({ length: count }, (_, index) => make(index));
  return count / (await time(() => pass(values)) / 1000);
});
