/** The type of a worker, for the program that started it. */

import type { ExecutorStats } from "../../executor/stats.ts";

/** The figures of a worker. */
export interface ServerStats {
  /** Number of job chunks that it runs. */
  chunks: number;
  /** Number of job chunks that were completed and that failed, since the worker started. */
  chunksEnded: { completed: number; failed: number };
  /** Number of rejected jobs. */
  rejected: number;
  /** Number of tasks that succeeded or failed. */
  tasks: number;
  /** Tasks per second, over about the last two seconds. */
  rate: number;
  /** The figures of its executor. */
  executor: ExecutorStats;
}

/** A worker that serves; from {@link serveTasks}. */
export interface TaskServer extends AsyncDisposable {
  /** Its id in the roster. */
  readonly id: string;
  /** Resolves when the worker has been closed. Rejects if it can start no more threads or processes. */
  readonly ended: Promise<void>;
  /** The names of the tasks that it serves. */
  readonly tasks: string[];
  /** Its labels, in order. */
  readonly labels: readonly string[];
  /** Maximum number of tasks in flight. */
  readonly slots: number;
  /** Whether the worker takes inputs: it does not drain, and the broker answers and takes writes. */
  readonly isReady: boolean;
  /** Returns the current figures. */
  stats(): ServerStats;
  /**
   * Returns figures in the text format of Prometheus: those of the pool, and if the broker answers, those of BullMQ's queues and the
   * backlog.
   */
  metrics(): Promise<string>;
  /**
   * Takes no more job chunks, finishes running tasks, and returns tasks that have not started. Aborts tasks that still
   * run after `timeout` milliseconds. Default: no timeout.
   */
  close(options?: { timeout?: number }): Promise<void>;
  /** Aborts running tasks. Other workers run them again. */
  abort(): void;
}
