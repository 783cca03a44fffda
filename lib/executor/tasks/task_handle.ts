/** How callers see a task: the handle of a task that they submitted, a task that is on a worker, and the outcome of an input. */

/** State of a task: `"pending"` waits for a slot, `"running"` is on a worker, `"settled"` has an outcome. */
export type TaskState = "pending" | "running" | "settled";

/** The handle of a task, from {@link TaskExecutor.submit}. */
export interface TaskHandle<T = unknown> {
  /** The task's number, as its context has it. */
  readonly id: number;
  /** The result; rejects with the reason of a failure. */
  readonly result: Promise<T>;
  /** Whether the task waits, runs or has settled. */
  readonly state: TaskState;
  /**
   * Cancels the task: `result` rejects with `reason`, which is no unhandled rejection if nobody reads it. Does nothing once the
   * task has settled.
   *
   * @param reason What `result` rejects with. Default: a `DOMException` named `AbortError`.
   * @returns Whether the task was cancelled by this call.
   */
  cancel(reason?: unknown): boolean;
  /**
   * Changes the priority of the task. A task that waits is then behind all tasks that had this priority before. For a task that
   * runs, the priority counts if the task is tried again.
   *
   * @param priority The new priority.
   * @throws {RangeError} if `priority` is no finite number
   */
  setPriority(priority: number): void;
}

/** A task that is on a worker, from {@link Executor.running}. */
export interface TaskInFlight {
  /** The task's number, as its context has it. */
  taskId: number;
  /** The task's name, as it was given. */
  task: string;
  /** The worker that it is on. */
  workerId: number;
  /** Position of its input among those of its map, from 0; undefined if it is of no map. */
  index: number | undefined;
  /** How long it has been on that worker, in milliseconds. */
  ms: number;
  /** Whether only its body goes on: the task was cancelled or timed out, and its promise has settled. */
  settled: boolean;
}

/** The outcome of one input of a `map` with `settled`: a result or the reason of a failure, and how it came. */
export type MapOutcome<T = unknown> = PromiseSettledResult<T> & {
  /** The input's position, from 0. */
  index: number;
  /** Number of attempts; 0 if none was made. */
  attempts: number;
  /** How long the body ran, in milliseconds; 0 if it never did. Less than 0.05 may be the mean of neighbouring tasks. */
  ms: number;
  /** The worker that ran it last; 0 if none did. */
  workerId: number;
  /** When its outcome arrived, in milliseconds of `performance.now()`. */
  endedAt: number;
  /** The sums that the attempt which gave the outcome has counted by `context.count`, by name; undefined if it counted nothing. */
  counts?: Record<string, number>;
};
