/** The types in which executors differ: what can be a task, which options calls take, and the events and figures of an executor. */

import type { ExecutorEvents } from "./events.ts";
import type { FlatMapOptions, MapOptions } from "./options/map_options.ts";
import type { RetryOptions } from "./options/retry_options.ts";
import type { TaskOptions } from "./options/task_options.ts";
import type { AnyTask } from "./signatures.ts";
import type { ExecutorStats } from "./stats.ts";

/** The types in which executors differ. */
export interface CallTypes {
  /** What the task of a call takes. Each call sets it, so that options can refer to it. */
  input: unknown;
  /** What can be a task instead of a name. */
  function: unknown;
  /** Options of a single task. */
  task: object;
  /** Options of `map()`. */
  map: object;
  /** Options of `flatMap()`. */
  flatMap: object;
  /** The class of each event, by its name. */
  events: object;
  /** What `stats()` returns. */
  stats: object;
}

/** The options of a call whose task takes an `I`. */
export type OptionsFor<T extends CallTypes, Call extends "map" | "flatMap", I> = (T & { input: I })[Call];

/** The options of a single task that each executor has. */
export type SharedTaskOptions =
  & Pick<TaskOptions, "signal" | "timeout" | "queueTimeout" | "gracePeriod" | "priority" | "onProgress">
  & {
    /** When a failed task is tried again, and how often. */
    retry?: Omit<RetryOptions, "pause">;
  };

/** The types of what executors have in common. */
export interface SharedCalls extends CallTypes {
  /** What can be a task instead of a name. */
  function: never;
  /** Options of a single task. */
  task: SharedTaskOptions;
  /** Options of `map()`. */
  map:
    & Omit<SharedTaskOptions, "onProgress">
    & Pick<MapOptions, "ordered" | "settled" | "window" | "revisit" | "maxInputs" | "drain">;
  /** Options of `flatMap()`. */
  flatMap:
    & Omit<SharedTaskOptions, "onProgress">
    & Pick<MapOptions, "ordered" | "window" | "revisit" | "maxInputs" | "drain">;
  /** The class of each event, by its name. */
  events: Pick<ExecutorEvents, "idle"> & {
    retry: CustomEvent<Pick<ExecutorEvents["retry"]["detail"], "task" | "attempt" | "error">>;
    taskfailed: CustomEvent<
      Pick<ExecutorEvents["taskfailed"]["detail"], "task" | "index" | "error" | "attempts">
    >;
  };
  /** What `stats()` returns. */
  stats: Pick<
    ExecutorStats,
    | "pending"
    | "inFlight"
    | "succeeded"
    | "failed"
    | "retries"
    | "utilization"
    | "runTime"
    | "counts"
    | "spent"
  >;
}

/** The types of an `Executor`: a task may also be a function, and calls take all options. */
export interface LocalCalls extends CallTypes {
  /** What can be a task instead of a name. */
  function: AnyTask;
  /** Options of a single task. */
  task: TaskOptions;
  /** Options of `map()`. */
  map: MapOptions<this["input"]>;
  /** Options of `flatMap()`. */
  flatMap: FlatMapOptions<this["input"]>;
  /** The class of each event, by its name. */
  events: ExecutorEvents;
  /** What `stats()` returns. */
  stats: ExecutorStats;
}
