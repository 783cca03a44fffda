/**
 * What `TaskExecutor` needs of the part that runs its tasks: `LocalRunner` on the workers of this program, `BrokerRunner` on workers
 * over a broker.
 */

import type { FeedSink, InputFeed } from "./tasks/feed.ts";
import type { Idle } from "./calls/idle.ts";
import type { Readers } from "./calls/readers.ts";
import type { TaskStream } from "./calls/stream.ts";
import type { Ending } from "./ending.ts";
import type { TaskHandle } from "./tasks/task_handle.ts";

/** The calls that take options. `request` is one of the tasks of `executeTasks()`. */
export type Call = "map" | "flatMap" | "request";

export interface SubmittedTask extends Pick<TaskHandle, "id" | "state" | "setPriority"> {
  /** Cancels the task, if it has not settled. */
  cancel(reason: unknown): void;
}

export interface Waiter {
  resolve(value?: unknown): void;
  reject(error: unknown): void;
}

/** How the inputs of one map reach their workers. */
export interface MapWay {
  /** Maximum number of inputs that are pulled ahead of the results that were read. */
  window(): number;
  /** Number of slots of all workers. */
  slots(): number;
  openFeed(sink: FeedSink): InputFeed;
}

/** Runs the tasks of one executor. The types of tasks and options are those of the executor's signatures. */
export interface TaskRunner {
  /** The maps and streams that are being read. */
  readonly readers: Readers;
  readonly idle: Idle;
  readonly ending: Ending;
  /** Number of tasks that each worker may have in flight. */
  readonly concurrency: number;
  /** The figures of this moment. */
  stats(): unknown;
  /** Refuses options that a call does not have. */
  check(call: Call, options: unknown): void;
  run(task: unknown, input: unknown, options: unknown): Promise<unknown>;
  /** Hands in a task. Throws if an option is invalid. */
  submit(task: unknown, input: unknown, options: unknown, waiter: Waiter): SubmittedTask;
  stream(task: unknown, input: unknown, options: unknown): TaskStream<unknown>;
  /** Checks the options of a map that are those of its tasks. With `each`, each value that a generator yields is an output. */
  mapWay(
    task: unknown,
    options: object,
    more: { window: number | undefined; drain: AbortSignal | undefined; each: boolean },
  ): MapWay;
}
