/**
 * The article's first system, `AsyncTask` under `asyncio.run`: one event loop, many tasks that wait on
 * it. With `isolation: "none"` the loop is this thread's own. Start it with
 *
 *     deno run -A tests/examples/async_task.ts
 */

import { Executor } from "../../mod.ts";

await using executor = new Executor<typeof import("./article_tasks.ts")>(
  new URL("./article_tasks.ts", import.meta.url),
  { isolation: "none", workers: 1, concurrency: 6 },
);

const waits = [300, 250, 200, 150, 100, 50];
for await (const line of executor.map("wait", waits)) console.log(line);
