/**
 * The article's second system, `ParallelTaskExecuter` over `Pool.apply`: n workers, one synchronous task
 * on each, and each worker a process, as in the article. Start it with
 *
 *     deno run -A tests/examples/parallel_task_executor.ts
 */

import { Executor } from "../../mod.ts";

await using executor = new Executor<typeof import("./article_tasks.ts")>(
  new URL("./article_tasks.ts", import.meta.url),
  { isolation: "process", workers: 2, concurrency: 1 },
);
// Without this, the first worker to start might finish all tasks before the second one is ready.
await executor.ready();

const limits = [1, 2, 3, 4, 5, 6].map((millions) => millions * 1_000_000);
for await (const line of executor.map("countPrimes", limits)) console.log(line);
