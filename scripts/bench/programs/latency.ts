/**
 * Measures how long one task takes, or one bare message there and back, if nothing else runs: the median, in
 * microseconds.
 */

import { open } from "../peers/pool.ts";
import { pingPong } from "./bare_worker.ts";
import { program } from "./program.ts";

/** What is measured. */
interface LatencyOptions {
  of: "run" | "postMessage";
  count: number;
  warmup: number;
}

await program(async ({ of, count, warmup }: LatencyOptions) => {
  const once = of === "run" ? (await open("polyloop", "identity")).run : await pingPong();
  for (let index = 0; index < warmup; index++) await once(index);
  const times = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const begun = performance.now();
    await once(index);
    times[index] = performance.now() - begun;
  }
  return times.sort()[count >> 1] * 1000;
});
