/** Measures inputs per second through p-map: the same task, in the caller's own thread. */

import pMap from "p-map";
import { program, time } from "./program.ts";
import { identity } from "./tasks.ts";

await program(async ({ count, warmup }: { count: number; warmup: number }) => {
  const pass = async (length: number) => {
    const inputs = Array.from({ length }, (_, index) => index);
    const milliseconds = await time(() => pMap(inputs, identity, { concurrency: 128 }));
    return length / (milliseconds / 1_000);
  };
  await pass(warmup);
  return await pass(count);
});
