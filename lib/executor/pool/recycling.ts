/**
 * When a worker is due to be replaced: after a number of tasks, after a time, or above an amount of memory. Where this can be
 * foreseen, the successor starts earlier, and takes over when the worker gets no more tasks. The worker finishes its tasks.
 *
 * @module
 */

import type { RecycleOptions } from "../types.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** A successor is given this factor of the time that its predecessor took to start. A guess. */
const MARGIN = 2;

/** Whether a worker is due to be replaced. */
export function isDue(handle: WorkerHandle, { ageMs, heapBytes }: RecycleOptions): boolean {
  if (handle.state !== "ready") return false;
  if (handle.isOutdated || handle.tasksLeft === 0) return true;
  if (heapBytes !== undefined && handle.heapBytes >= heapBytes) return true;
  return ageMs !== undefined && performance.now() - handle.readySince >= ageMs;
}

/** Whether a worker will have been sent its last task before a successor that starts now is ready. */
export function isNearlySpent(handle: WorkerHandle): boolean {
  const { state, used, tasksLeft, tasksSent, readySince, startedIn } = handle;
  if (state !== "ready" || !used || tasksLeft === Infinity) return false;
  return tasksLeft <= 1 || tasksLeft * (performance.now() - readySince) <= MARGIN * tasksSent * startedIn;
}
