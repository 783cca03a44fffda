/**
 * How the programs of this folder talk to the benchmark: options as JSON on the command line, the answer as
 * the last line of stdout. Each runs on Deno and on Node as it is.
 *
 * @module
 */

import { writeSync } from "node:fs";
import process from "node:process";

/** Runs a program's one function and ends the process with SIGKILL, whatever a pool has left behind. */
export async function program<Options>(measure: (options: Options) => Promise<unknown>): Promise<never> {
  let answer: { value: unknown } | { error: string };
  try {
    answer = { value: await measure(JSON.parse(process.argv[2])) };
  } catch (error) {
    answer = { error: String(error) };
  }
  writeSync(1, `${JSON.stringify(answer)}\n`);
  // Not process.exit(): that of Node 24 waits for its compiler's threads, and one of those may wait for a collection of
  // garbage that never comes any more.
  process.kill(process.pid, "SIGKILL");
  return await new Promise(() => {});
}

/** How long it took, in milliseconds. */
export async function time(action: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await action();
  return performance.now() - begun;
}
