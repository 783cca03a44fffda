/** The host interface of the queue: {@link QueueHost} is the executor. */

import type { Task } from "../tasks/task.ts";

/** What the parts of the queue tell the executor. Each method reports an event. */
export interface QueueHost {
  /** So much has started, or a pause is so much longer, that a successor of the executor has to know of it. */
  limitsChanged(): void;
  /** Waiting tasks may be able to start now. */
  changed(): void;
  /** A round of the dispatcher has ended. Each task has an owner now. */
  roundEnded(): void;
  started(task: Task): void;
  /** A chunk of `count` inputs was sent to a worker. The first one was handed in at the time `submitted`. */
  startedChunk(submitted: number, count: number): void;
  /** An attempt has failed. The next one is due in `delay` milliseconds. */
  retried(task: Task, error: unknown, delay: number): void;
  /** A task's error has a `retryAfter`, in `delay` milliseconds, that may hold for other tasks, too. */
  retryAfterTold(task: Task, error: unknown, delay: number): void;
  /** A server has refused a task: with a `retryAfter` in `delay` milliseconds, or without one, with the status 429. */
  refused(task: Task, delay?: number): void;
  /** A task's error has a `retryAfter` in an unknown form. */
  retryAfterUnknown(task: Task, retryAfter: unknown): void;
  due(task: Task): void;
  /** `concurrency: "auto"` has found another number of tasks in flight per worker. */
  levelFound(concurrency: number): void;
}
