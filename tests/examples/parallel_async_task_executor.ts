/**
 * The article's third system, `ParallelAsyncTaskExecutor` over `Pool.apply_async`: n workers with an
 * event loop in each. Here a worker's loop stays alive and has many tasks in flight, so that 2 workers
 * × 6 tasks wait for all twelve at once. Start it with
 *
 *     deno run -A tests/examples/parallel_async_task_executor.ts
 */

import { Executor } from "../../mod.ts";

await using executor = new Executor<typeof import("./article_tasks.ts")>(
  new URL("./article_tasks.ts", import.meta.url),
  { workers: 2, concurrency: 6 },
);
await executor.ready();

const waits = Array.from({ length: 12 }, () => ({ task: "wait" as const, input: 200 }));
const broken = { task: "wait" as const, input: 60_000, timeout: 100 };

for (const outcome of await executor.executeTasks([...waits, broken])) {
  console.log(outcome.status === "fulfilled" ? outcome.value : `failed: ${outcome.reason}`);
}
