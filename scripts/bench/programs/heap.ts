/** Measures the heap of each of many pending tasks or bare promises, in bytes. */

import process from "node:process";
import { Executor } from "../../../mod.ts";
import { TASKS, WORKERS } from "../peers/pool.ts";
import { program } from "./program.ts";
import type * as tasks from "./tasks.ts";

const CONCURRENCY = 16;

const functions: unknown[] = [];

/** Garbage collection, which V8 offers with `--expose-gc`. */
const { gc } = globalThis as unknown as { gc(): void };

await program(async ({ of, count }: { of: "run" | "promise" | "resolvers"; count: number }) => {
  const make = of === "run" ? await pending() : of === "promise" ? promise : resolvers;
  // Allocated before the first measurement, so that it is not counted.
  const kept = new Array(count).fill(undefined);
  const before = used();
  for (let index = 0; index < count; index++) kept[index] = make();
  const bytes = (used() - before) / count;
  // Keeps the promises alive until here.
  if (kept.length !== count) throw new Error("Lost");
  return bytes;
});

/** All slots stay occupied, so later tasks stay pending. */
async function pending(): Promise<() => Promise<unknown>> {
  const executor = new Executor<typeof tasks>(TASKS, { workers: WORKERS, concurrency: CONCURRENCY });
  await executor.ready();
  for (let slot = 0; slot < WORKERS * CONCURRENCY; slot++) void executor.run("sleep", 2 ** 30);
  return () => executor.run("noop", undefined);
}

function promise(): Promise<never> {
  return new Promise(() => {});
}

/** The functions that settle a promise, without anything else. */
function resolvers(): Promise<unknown> {
  return new Promise((resolve, reject) => functions.push(resolve, reject));
}

function used(): number {
  for (let time = 0; time < 3; time++) gc();
  return process.memoryUsage().heapUsed;
}
