/** SIGUSR1 and SIGUSR2 change the concurrency of a run by one. GNU xargs does the same with its processes. */

import process from "node:process";
import type { Executor } from "../../executor/executor.ts";

/** Handles both signals until the function that it returns is called. Windows has no such signals. */
export function watchSlotSignals(executor: Executor, say: (line: string) => void): () => void {
  if (process.platform === "win32") return () => {};
  const change = (by: number, name: string) => () => {
    const concurrency = executor.concurrency + by;
    if (concurrency < 1) return say(`polyloop: 1 in flight per worker is the minimum (${name})`);
    executor.setConcurrency(concurrency);
    say(`polyloop: ${concurrency} in flight per worker (${name})`);
  };
  const handlers = [
    ["SIGUSR1", change(1, "SIGUSR1")],
    ["SIGUSR2", change(-1, "SIGUSR2")],
  ] as const;
  for (const [name, handler] of handlers) process.on(name, handler);
  return () => {
    for (const [name, handler] of handlers) process.off(name, handler);
  };
}
