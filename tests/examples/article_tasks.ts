/**
 * The tasks of the three programs beside this file: `async_task.ts`, `parallel_task_executor.ts` and
 * `parallel_async_task_executor.ts`. They are plain exported functions; nothing registers them.
 */

import { setTimeout as elapsed } from "node:timers/promises";
import type { TaskContext } from "../../mod.ts";

/** Every worker loads this module for itself, so these count what is in flight on one worker. */
let inFlight = 0;
let peak = 0;

/** Waits, as for the answer of a server. Its worker runs other tasks meanwhile. */
export async function wait(ms: number, { taskId, workerId, signal }: TaskContext): Promise<string> {
  peak = Math.max(peak, ++inFlight);
  try {
    await elapsed(ms, undefined, { signal });
  } finally {
    inFlight--;
  }
  return `task ${taskId} on worker ${workerId}: waited ${ms} ms, up to ${peak} at once`;
}

/** Computes. A synchronous task blocks its worker while it runs. */
export function countPrimes(below: number, { taskId, workerId }: TaskContext): string {
  const composite = new Uint8Array(below);
  let primes = 0;
  for (let n = 2; n < below; n++) {
    if (composite[n]) continue;
    primes++;
    for (let multiple = n * n; multiple < below; multiple += n) composite[multiple] = 1;
  }
  return `task ${taskId} on worker ${workerId}: ${primes} primes below ${below}`;
}
