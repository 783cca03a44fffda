/**
 * When a worker has served its time: after a number of tasks, after a time, or above an amount of memory. Its successor starts before
 * that, where it can be foreseen, and takes over when the worker is to be sent nothing more; the worker finishes what it has.
 *
 * @module
 */

import type { RecycleOptions } from "../types.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** How much earlier than it seems a successor is started: by this factor of the time that its predecessor took to start. */
const MARGIN = 2;

/** Whether a worker should be replaced by a fresh one. */
export function isDue(handle: WorkerHandle, { ageMs, heapBytes }: RecycleOptions): boolean {
  if (handle.state !== "ready") return false;
  if (handle.isOutdated || handle.tasksLeft === 0) return true;
  if (heapBytes !== undefined && handle.heapBytes >= heapBytes) return true;
  return ageMs !== undefined && performance.now() - handle.readySince >= ageMs;
}

/** Whether a worker will have been sent its last task by the time that another is ready, as fast as it is sent them. */
export function isNearlySpent(handle: WorkerHandle): boolean {
  const { state, used, tasksLeft, tasksSent, readySince, startedIn } = handle;
  if (state !== "ready" || !used || tasksLeft === Infinity) return false;
  return tasksLeft <= 1 || tasksLeft * (performance.now() - readySince) <= MARGIN * tasksSent * startedIn;
}
