/** The option `recycle`: when a worker is replaced by a fresh one. */

import { checkNames, count, type OptionNames, time } from "./checks.ts";

/**
 * When a worker is replaced by a fresh one: at the first limit that it reaches. Its successor is started earlier where that can
 * be foreseen. The worker finishes its tasks, which take slots of its successor, so there are never more tasks in flight. The
 * module is loaded anew, except with `isolation: "none"`, where it is the program's own and keeps its state.
 */
export interface RecycleOptions {
  /**
   * Maximum number of tasks that a worker runs; each attempt counts. `concurrency` is never more than this.
   *
   * @defaultValue no limit
   */
  tasks?: number;
  /**
   * Maximum age of a worker, in milliseconds since it was ready.
   *
   * @defaultValue no limit
   */
  ageMs?: number;
  /**
   * Maximum size of a worker's heap, in bytes. It is checked four times a second while tasks run.
   *
   * @defaultValue no limit
   */
  heapBytes?: number;
}

const RECYCLE: OptionNames<RecycleOptions> = { tasks: true, ageMs: true, heapBytes: true };

export function recycleOf(recycle: RecycleOptions = {}): RecycleOptions {
  checkNames(recycle, RECYCLE, { path: "recycle" });
  const { tasks, ageMs, heapBytes } = recycle;
  return {
    tasks: tasks === undefined ? undefined : count("recycle.tasks", tasks, 1),
    ageMs: ageMs === undefined ? undefined : time("recycle.ageMs", ageMs, 1),
    heapBytes: heapBytes === undefined ? undefined : count("recycle.heapBytes", heapBytes, 1),
  };
}
