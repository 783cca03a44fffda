/**
 * When a worker has served its time: after so many tasks, so long, or with so much memory. Its successor
 * starts first and takes over when it is ready; only then does the old one drain.
 *
 * @module
 */

import type { RecycleOptions } from "./types.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** Whether a worker should be replaced by a fresh one. */
export function isDue(handle: WorkerHandle, { tasks, ageMs, heapBytes }: RecycleOptions): boolean {
  if (handle.state !== "ready") return false;
  if (tasks !== undefined && handle.completed >= tasks) return true;
  if (heapBytes !== undefined && handle.heapBytes >= heapBytes) return true;
  return ageMs !== undefined && performance.now() - handle.readySince >= ageMs;
}
