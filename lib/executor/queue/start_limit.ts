/**
 * Finds what keeps further tasks from starting at this moment. Nothing is measured while tasks run: the answer comes from the state of
 * the executor's parts.
 */

import type { Pool } from "../pool/pool.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Retries } from "./retry.ts";
import type { TaskQueue } from "./task_queue.ts";

/**
 * What keeps tasks from starting: a pause of the executor; workers that start; no free slot; a rate; the gate that an error's
 * `retryAfter` closes; the limits of keys; or the delays of retries, if no other task waits.
 */
type StartLimit = "pause" | "start" | "slots" | "rate" | "gate" | "keys" | "retries";

/** The parts of an executor that hold tasks. */
interface Parts {
  queue: Pick<TaskQueue, "size" | "startable" | "gated">;
  pool: Pick<Pool, "workers" | "inFlight" | "slots" | "room" | "loopUse">;
  dispatcher: Pick<Dispatcher, "isPaused" | "heldBy">;
  retries: Pick<Retries, "size">;
}

/** What holds up the start of tasks at a moment. */
export interface Pressure {
  /** What keeps tasks from starting; undefined if no task waits. */
  limit: StartLimit | undefined;
  /** Time in which the event loops of all workers were busy, and time for which that is known, in milliseconds. */
  loops: { busy: number; watched: number };
}

export function pressureOf(parts: Parts): Pressure {
  return { limit: startLimit(parts), loops: parts.pool.loopUse };
}

/** What keeps tasks from starting now; undefined if no task waits, or if waiting tasks are about to start. */
function startLimit({ queue, pool, dispatcher, retries }: Parts): StartLimit | undefined {
  const waiting = queue.startable;
  // Tasks that were sent ahead wait in their workers.
  const ahead = pool.inFlight - pool.slots;
  if (waiting === 0 && ahead <= 0) {
    if (queue.size > 0) return queue.gated > 0 ? "gate" : "keys";
    return retries.size > 0 ? "retries" : undefined;
  }
  if (dispatcher.isPaused) return "pause";
  if (ahead >= 0) return "slots";
  const ready = pool.workers.filter(({ state }) => state === "ready");
  if (ready.length === 0) return "start";
  if (dispatcher.heldBy) return dispatcher.heldBy;
  const now = performance.now();
  if (ready.some((handle) => pool.room(handle, now) > 0)) return undefined;
  return ready.length < pool.workers.length ? "start" : "slots";
}
