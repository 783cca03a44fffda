/** The events of an executor, and the console messages for some of them, unless a listener prevents these. */

import type { WorkerLostError } from "../errors.ts";
import { stuckThreadText } from "./pool/stuck_threads.ts";

/** The events of an executor, each a `CustomEvent` with this `detail`. */
export interface ExecutorEvents {
  /** A worker is ready. */
  workerstart: CustomEvent<{ workerId: number }>;
  /** A worker ended without having been told to. `tasks` is the number of tasks that were on it. */
  workerlost: CustomEvent<{ workerId: number; error: WorkerLostError; tasks: number }>;
  /** Attempt number `attempt` of a task failed with `error`. The next attempt follows after `delay` milliseconds. */
  retry: CustomEvent<{ taskId: number; task: string; attempt: number; error: unknown; delay: number }>;
  /**
   * An error's `retryAfter` has paused tasks for `delay` milliseconds (`retry.pause`): the tasks with this `key` of `limitPer`, or
   * all tasks if `key` is undefined. If the pause of the same tasks gets longer, there is another event.
   */
  pause: CustomEvent<
    {
      taskId: number;
      task: string;
      index: number | undefined;
      key: string | number | undefined;
      error: unknown;
      delay: number;
    }
  >;
  /**
   * A task's error has a `retryAfter` that is neither a number of seconds nor a date, so it is ignored. Unless a
   * listener calls `preventDefault()`, the console reports it, once per executor.
   */
  retryafterunknown: CustomEvent<{ taskId: number; task: string; retryAfter: unknown }>;
  /**
   * A task has failed and is not tried again: it threw, timed out, was lost or cancelled. `attempts` is the number of its
   * attempts, `index` the position of its input in a map. A task that was refused, and an input of a map that was dropped
   * before it was sent to a worker, have no such event.
   */
  taskfailed: CustomEvent<
    { taskId: number; task: string; index: number | undefined; error: unknown; attempts: number }
  >;
  /** The event loop of a worker has been blocked for `silence` milliseconds. `tasks` are the tasks on that worker. */
  stall: CustomEvent<{ workerId: number; silence: number; tasks: { taskId: number; task: string }[] }>;
  /** No task is pending or in flight any more. */
  idle: CustomEvent<Record<string, never>>;
  /**
   * A worker was given up, but its thread goes on computing, because this runtime cannot stop it (Deno). Unless a listener
   * calls `preventDefault()`, the console reports it, once per executor.
   */
  threadstuck: CustomEvent<{ workerId: number }>;
  /** A worker has written `text` to its stdout or stderr, where the option `console` is "event". It may be part of a line. */
  workeroutput: CustomEvent<{ workerId: number; stream: "stdout" | "stderr"; text: string }>;
  /**
   * The body of a task has printed `text`, where the option `console` is "task". It may be part of a line. `index` is the position
   * of the task's input in a map. `taskId` is undefined if other code of the module printed it, or a body that had ended and had
   * printed nothing before.
   */
  taskoutput: CustomEvent<
    {
      workerId: number;
      taskId: number | undefined;
      index: number | undefined;
      stream: "stdout" | "stderr";
      text: string;
    }
  >;
  /** The module's `teardown` threw on a worker. Unless a listener calls `preventDefault()`, the console reports it. */
  teardownfailed: CustomEvent<{ workerId: number; error: unknown }>;
}

/** The events that the console reports unless a listener prevents it. */
const CANCELABLE = new Set<keyof ExecutorEvents>(["teardownfailed", "retryafterunknown", "threadstuck"]);

export class Events {
  readonly #target: EventTarget;
  /** Events that the console has reported. It reports some of them only once. */
  readonly #reported = new Set<keyof ExecutorEvents>();

  constructor(target: EventTarget) {
    this.#target = target;
  }

  /** Dispatches an event. Returns false if a listener called `preventDefault()`. */
  emit<K extends keyof ExecutorEvents>(type: K, detail: ExecutorEvents[K]["detail"]): boolean {
    return this.#target.dispatchEvent(new CustomEvent(type, { detail, cancelable: CANCELABLE.has(type) }));
  }

  retryAfterUnknown(detail: ExecutorEvents["retryafterunknown"]["detail"]): void {
    // Reported once, because a server that sends such a value sends it with each reply.
    if (!this.emit("retryafterunknown", detail) || !this.#isFirst("retryafterunknown")) return;
    const { retryAfter } = detail;
    console.warn(
      "polyloop: retryAfter is ignored, because it is neither seconds nor an HTTP date:",
      retryAfter,
    );
  }

  /** @param continues what new workers are from now on */
  threadStuck(workerId: number, continues: "thread" | "process"): void {
    if (!this.emit("threadstuck", { workerId }) || !this.#isFirst("threadstuck")) return;
    const advice = 'Run tasks that may never end with isolation: "process", or set onStuckThread: "process"';
    console.warn(`polyloop: ${stuckThreadText(continues, advice)}.`);
  }

  teardownFailed(workerId: number, error: unknown): void {
    if (this.emit("teardownfailed", { workerId, error })) console.error("polyloop: teardown failed:", error);
  }

  #isFirst(type: keyof ExecutorEvents): boolean {
    const isFirst = !this.#reported.has(type);
    this.#reported.add(type);
    return isFirst;
  }
}
