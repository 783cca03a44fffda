/**
 * A worker as the program that started it sees it.
 *
 * @module
 */

import type { ExecutorStats } from "../../executor/stats.ts";

/** The figures of a worker. */
export interface ServerStats {
  /** Chunks that it has. */
  chunks: number;
  /** Chunks that it has handed over, and chunks that failed, since it started. */
  chunksEnded: { completed: number; failed: number };
  /** Jobs that were no chunks of its tasks. */
  rejected: number;
  /** Tasks that ran to their end, either way. */
  tasks: number;
  /** Tasks per second, over the last seconds. */
  rate: number;
  /** The figures of the executor that runs them. */
  executor: ExecutorStats;
}

/** A worker that serves; from {@link serveTasks}. */
export interface TaskServer extends AsyncDisposable {
  /** How others know it. */
  readonly id: string;
  /** Resolves when it has been closed; rejects if it cannot go on. */
  readonly ended: Promise<void>;
  /** The tasks that it serves. */
  readonly tasks: string[];
  /** How many it runs at once. */
  readonly slots: number;
  /** The figures of this moment. */
  stats(): ServerStats;
  /** BullMQ's own figures and those of the pool, as Prometheus reads them. */
  metrics(): Promise<string>;
  /**
   * Takes nothing more, finishes what runs and gives back what has not started. After `timeout` milliseconds it aborts
   * what still runs.
   */
  close(options?: { timeout?: number }): Promise<void>;
  /** Aborts what runs; others will run it. */
  abort(): void;
}
