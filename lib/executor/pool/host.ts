/** The host interfaces of the pool: {@link PoolHost} is the executor, {@link TasksHost} is the handle of a worker. */

import type { OutputStream, WorkerEnd } from "../../backends/backend.ts";
import type { WorkerLostError } from "../../errors.ts";
import type { Task } from "../tasks/task.ts";
import type { Start } from "../tasks/weights.ts";

/** Text that a body has printed. `taskId` is undefined if other code of the module printed it. */
interface PrintedText {
  workerId: number;
  taskId: number | undefined;
  /** The index of the task's input in a map. */
  index: number | undefined;
  stream: "stdout" | "stderr";
  text: string;
}

/** What the pool tells the executor. Each method reports an event. */
export interface PoolHost {
  /** Waiting tasks may be able to start now. */
  changed(): void;
  counted(name: string, amount: number): void;
  /** A worker gave back a task that has not begun. */
  returned(task: Task): void;
  /** A worker has announced the start of a body. */
  begun(start: Start): void;
  /** A body that has started so has used an amount of what a rate counts by this name. */
  hasUsed(start: Start, name: string, amount: number): void;
  /** A worker has reported the lag of its event loop. */
  measured(): void;
  workerStarted(workerId: number): void;
  /** A worker was lost. `tasks` is the number of tasks that were on it. */
  workerLost(workerId: number, error: WorkerLostError, tasks: number): void;
  /** A worker with tasks has been silent for `silence` milliseconds. */
  stalled(workerId: number, silence: number, tasks: { taskId: number; task: string }[]): void;
  /** The module's `teardown` threw on a worker. */
  teardownFailed(workerId: number, error: unknown): void;
  output(workerId: number, stream: OutputStream, text: string): void;
  /** The body of a task has printed something, where the option `console` is "task". */
  taskOutput(output: PrintedText): void;
  /** A worker was given up, and its thread goes on computing. */
  threadStuck(workerId: number): void;
  /** No worker can be started. The tasks that must run in `position`, or all tasks if it is undefined, cannot run. */
  cannotStart(error: unknown, position: number | undefined): void;
}

export interface TasksHost {
  /** The worker gets no new tasks from now on. */
  drain(): void;
  /** The worker has to be given up. */
  lost(end: WorkerEnd): void;
  /** The worker sent a message that polyloop's code does not send. */
  forged(what: string): void;
  /** Slots fell free, but by no message of the worker. */
  slotsFreed(): void;
}
