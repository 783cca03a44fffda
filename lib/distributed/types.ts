/**
 * The options of an executor over a broker and of its tasks.
 *
 * @module
 */

import type { MapOptions, RetryOptions, TaskInput, TaskName, TaskOptions } from "../executor/types.ts";
import type { BrokerOptions } from "./broker/broker.ts";

/** When a task that failed is tried again, by the worker that has it: as `retry` of an `Executor`, without `when`. */
export type DistributedRetryOptions = Omit<RetryOptions, "when">;

/** Options of a task that another machine may run. Times are milliseconds. */
export interface DistributedTaskOptions extends Pick<TaskOptions, "signal" | "timeout" | "gracePeriod"> {
  /** Whether and when a task that failed is tried again, by the worker that has it. Not by default. */
  retry?: DistributedRetryOptions;
}

/** Options of a map over a broker. */
export interface DistributedMapOptions
  extends DistributedTaskOptions, Pick<MapOptions, "ordered" | "settled" | "window" | "drain"> {}

/** Options of an executor over a broker; the task options among them are defaults for its tasks. */
export interface DistributedOptions extends BrokerOptions, Omit<DistributedTaskOptions, "signal"> {
  /** The name of the run, which one producer at a time may have. One of its own by default. */
  run?: string;
  /** How many inputs a chunk has, from 1 to 256. By default as many as take 1.5 seconds. */
  chunkSize?: number;
  /**
   * Whether the span of OpenTelemetry that is active at `run` and `map` crosses to the workers, whose tasks' spans are its
   * children then. True by default. Calls of `run` in different spans are in different chunks.
   */
  tracing?: boolean;
}

/** One of the tasks of `executeTasks`. */
export type DistributedRequest<M> = {
  [K in TaskName<M>]: DistributedTaskOptions & { task: K; input?: TaskInput<M[K]> };
}[TaskName<M>];
