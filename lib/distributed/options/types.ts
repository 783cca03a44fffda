/** The options of an executor over a broker and of its tasks, its figures and its events. */

import type { CallTypes, SharedTaskOptions } from "../../executor/call_types.ts";
import type { ExecutorStats } from "../../executor/stats.ts";
import type { TaskInput, TaskName } from "../../executor/signatures.ts";
import type { ExecutorOptions } from "../../executor/options/executor_options.ts";
import type { MapOptions } from "../../executor/options/map_options.ts";
import type { RetryOptions } from "../../executor/options/retry_options.ts";
import type { BrokerOptions } from "../broker/broker_options.ts";

/** Whether and when a failed task is tried again: `retry` of an `Executor`, without `pause`. */
export type DistributedRetryOptions = Omit<RetryOptions, "pause">;

/** Options of a task that runs over a broker. Times are in milliseconds. */
export interface DistributedTaskOptions extends SharedTaskOptions {}

/** Options of a map over a broker. */
export interface DistributedMapOptions
  extends
    Omit<DistributedTaskOptions, "onProgress">,
    Pick<MapOptions, "ordered" | "settled" | "window" | "drain" | "revisit" | "maxInputs"> {}

/** Options of an executor over a broker. Its task options are the defaults of its tasks. */
export interface DistributedOptions
  extends
    BrokerOptions,
    Omit<DistributedTaskOptions, "signal" | "onProgress" | "retry">,
    Pick<ExecutorOptions, "rate" | "limitPer"> {
  /** Whether and when a failed task is tried again, and which tasks an error's `retryAfter` pauses on all workers. Default: never, none. */
  retry?: DistributedRetryOptions & Pick<RetryOptions, "pause">;
  /** Name of the run. Only one producer at a time can hold it. Default: a random name. */
  run?: string;
  /** Labels that a worker needs to serve the run: all of them. Default: none, so any worker serves it. */
  on?: string | readonly string[];
  /** How long there may be no worker that serves the run before the run fails, in milliseconds. Default: `Infinity`. */
  waitWorkers?: number;
  /** Number of inputs of a job chunk, from 1 to 256. Default: as many as take 1.5 seconds. */
  chunkSize?: number;
  /**
   * Whether the spans of tasks on workers are children of the OpenTelemetry span that is active when `run` or `map` is
   * called. Calls of `run` in different spans travel in different job chunks. Default: true.
   */
  tracing?: boolean;
}

/** A task of `executeTasks`. */
export type DistributedRequest<M> = {
  [K in TaskName<M>]: DistributedTaskOptions & { task: K; input?: TaskInput<M[K]> };
}[TaskName<M>];

/** The figures of a run over a broker. */
export interface DistributedStats extends
  Pick<
    ExecutorStats,
    "succeeded" | "failed" | "retries" | "utilization" | "runTime" | "counts" | "spent" | "rates"
  > {
  /** Tasks that wait in this process. */
  pending: number;
  /** Tasks in Redis or on workers. */
  inFlight: number;
  /** Number of tasks that ran alone, because two workers were lost with their job chunk. */
  quarantined: number;
  /** Number of results that arrived a second time and were dropped. */
  duplicates: number;
  /** Number of slots of the workers that serve the run. */
  slots: number;
  /** The workers that have sent results, each with the name of its machine. */
  workers: { workerId: number; machine: string }[];
}

/** The events of an executor over a broker, each a `CustomEvent` with this `detail`. */
export interface DistributedEvents {
  /** A line for the user, such as: no worker is present yet, or the broker is away. */
  notice: CustomEvent<{ message: string }>;
  /** No task is pending or in flight any more. */
  idle: CustomEvent<Record<string, never>>;
  /** An error's `retryAfter` has paused all tasks, or those with this `key`, for `delay` milliseconds. */
  pause: CustomEvent<{ key: string | number | undefined; delay: number }>;
  /**
   * Attempt number `attempt` of a task failed with `error`, and another follows. It is told with the next results of its job chunk, after
   * two seconds at most. Only for calls after the first listener was added.
   */
  retry: CustomEvent<{ task: string; attempt: number; error: unknown }>;
  /** A task has failed, and is not tried again. `attempts` is 0 if it was never sent to a worker, `index` the position of its input in a map. */
  taskfailed: CustomEvent<{ task: string; index: number | undefined; error: unknown; attempts: number }>;
  /** The run cannot go on. All remaining tasks reject with `error`. */
  failed: CustomEvent<{ error: Error }>;
}

/** The types of a `DistributedExecutor`: tasks are names, and options are those that a broker can carry. */
export interface DistributedCalls extends CallTypes {
  /** No functions: they cannot be sent over a broker. */
  function: never;
  /** Options of a single task. */
  task: DistributedTaskOptions;
  /** Options of `map()`. */
  map: DistributedMapOptions;
  /** Options of `flatMap()`. */
  flatMap: Omit<DistributedMapOptions, "settled">;
  /** The class of each event, by its name. */
  events: DistributedEvents;
  /** What `stats()` returns. */
  stats: DistributedStats;
}
