/**
 * A worker as the program sees it that started it.
 *
 * @module
 */

import type { ExecutorStats } from "../../executor/stats.ts";

/** The figures of a worker. */
export interface ServerStats {
  /** Number of job chunks in hand. */
  chunks: number;
  /** Numbers of job chunks that were completed, and that failed, since the worker started. */
  chunksEnded: { completed: number; failed: number };
  /** Number of jobs that were rejected. */
  rejected: number;
  /** Number of tasks that succeeded or failed. */
  tasks: number;
  /** Tasks per second, over the last two seconds or so. */
  rate: number;
  /** The figures of the executor that runs them. */
  executor: ExecutorStats;
}

/** A worker that serves; from {@link serveTasks}. */
export interface TaskServer extends AsyncDisposable {
  /** Its id in the roster. */
  readonly id: string;
  /** Resolves when the worker has been closed; rejects if it can start no threads or processes any more. */
  readonly ended: Promise<void>;
  /** The names of the tasks that it serves. */
  readonly tasks: string[];
  /** Maximum number of tasks in flight. */
  readonly slots: number;
  /** The figures of this moment. */
  stats(): ServerStats;
  /** The figures of BullMQ's queues and of the pool, in the text format of Prometheus. */
  metrics(): Promise<string>;
  /**
   * Takes no more job chunks, finishes tasks that run, and gives back those that have not started. After `timeout` milliseconds
   * it aborts tasks that still run. Default: no time-out.
   */
  close(options?: { timeout?: number }): Promise<void>;
  /** Aborts the tasks that run. Other workers run them again. */
  abort(): void;
}
