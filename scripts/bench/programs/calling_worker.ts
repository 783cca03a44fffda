/** Calls an async function for each number of what it gets, and sends back what they return: nothing else. */

import { identity } from "./tasks.ts";

async function answer(values: unknown[]): Promise<unknown[]> {
  const results = [];
  for (const value of values) results.push(await identity(value));
  return results;
}

if ("Deno" in globalThis) {
  const scope = globalThis as unknown as {
    postMessage(message: unknown): void;
    onmessage: (event: MessageEvent<unknown[]>) => void;
  };
  scope.onmessage = async ({ data }) => scope.postMessage(await answer(data));
} else {
  const { parentPort } = await import("node:worker_threads");
  parentPort!.on("message", async (data) => parentPort!.postMessage(await answer(data)));
}
