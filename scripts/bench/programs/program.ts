/**
 * How the programs of this folder talk to the benchmark: options are JSON on the command line, and the answer is the
 * last line of stdout. Each program runs unchanged on Deno and on Node.
 */

import { writeSync } from "node:fs";
import process from "node:process";

/**
 * Runs a program's function and then ends the process with SIGKILL, so that nothing that a pool has left keeps it
 * alive.
 */
export async function program<Options>(measure: (options: Options) => Promise<unknown>): Promise<never> {
  let answer: { value: unknown } | { error: string };
  try {
    answer = { value: await measure(JSON.parse(process.argv[2])) };
  } catch (error) {
    answer = { error: String(error) };
  }
  writeSync(1, `${JSON.stringify(answer)}\n`);
  // Not by process.exit(): in Node 24, it waits for the compiler's threads, and such a thread may wait for a garbage
  // collection that never comes.
  process.kill(process.pid, "SIGKILL");
  return await new Promise(() => {});
}

/** Returns how long `action` took, in milliseconds. */
export async function time(action: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await action();
  return performance.now() - begun;
}
