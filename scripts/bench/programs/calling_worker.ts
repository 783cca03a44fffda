/** Calls an async function for each received number, and sends the results back. */

import { identity } from "./tasks.ts";

async function answer(values: unknown[]): Promise<unknown[]> {
  const results = [];
  for (const value of values) results.push(await identity(value));
  return results;
}

/** One batch after another, because a short batch must not overtake a long one. */
let previous: Promise<void> = Promise.resolve();

function serve(values: unknown[], post: (results: unknown[]) => void): void {
  previous = previous.then(async () => post(await answer(values)));
}

if ("Deno" in globalThis) {
  const scope = globalThis as unknown as {
    postMessage(message: unknown): void;
    onmessage: (event: MessageEvent<unknown[]>) => void;
  };
  scope.onmessage = ({ data }) => serve(data, (results) => scope.postMessage(results));
} else {
  const { parentPort } = await import("node:worker_threads");
  parentPort!.on("message", (data) => serve(data, (results) => parentPort!.postMessage(results)));
}
