/**
 * polyloop runs an async function over many inputs on a pool of workers. Each worker has its own event loop and runs many
 * tasks at once, so every core is used.
 *
 * @example
 * ```ts
 * import { Executor } from "@polyloop/polyloop";
 *
 * await using executor = new Executor(null, { workers: 2, concurrency: 64 });
 * const lengths = await executor.map(async (word: string) => {
 *   await new Promise((done) => setTimeout(done, 10));
 *   return word.length;
 * }, ["many", "tasks", "in", "flight"]).toArray();
 * if (lengths.join() !== "4,5,2,6") throw new Error(`unexpected: ${lengths}`);
 * ```
 *
 * @module
 */

export { Executor } from "./lib/executor/executor.ts";
export type { TaskExecutor } from "./lib/executor/task_executor.ts";
export {
  type CloneDirection,
  ExecutorClosedError,
  ModuleLoadError,
  type PermissionsUnsupportedDetails,
  PermissionsUnsupportedError,
  QueueFullError,
  TaskCloneError,
  TaskInputError,
  TaskNotFoundError,
  TaskTimeoutError,
  type WorkerLostDetails,
  WorkerLostError,
} from "./lib/errors.ts";
export type { StartWorker, WebWorker } from "./lib/backends/default.ts";
export type {
  CallTypes,
  LocalCalls,
  OptionsFor,
  SharedCalls,
  SharedTaskOptions,
} from "./lib/executor/call_types.ts";
export type { ExecutorEvents } from "./lib/executor/events.ts";
export type { ExecutorEventTarget } from "./lib/executor/event_target.ts";
export type { Distribution } from "./lib/executor/basics/histogram.ts";
export type { FlatMapResults } from "./lib/executor/calls/flat_map.ts";
export type { MapResults } from "./lib/executor/calls/map.ts";
export type { ExecutorStats, WorkerStats } from "./lib/executor/stats.ts";
export type { TaskStream } from "./lib/executor/calls/stream.ts";
export type {
  AnyModule,
  AnyTask,
  FunctionArguments,
  TaskArguments,
  TaskInput,
  TaskName,
  TaskOutput,
  TaskRequest,
  TasksOf,
  TaskYield,
} from "./lib/executor/signatures.ts";
export type { Isolation, ResourceLimits } from "./lib/backends/default.ts";
export type { Movable } from "./lib/wire/movable.ts";
export type { Encoding } from "./lib/wire/encoding.ts";
export type { CloseOptions } from "./lib/executor/options/close_options.ts";
export type { ExecutorOptions } from "./lib/executor/options/executor_options.ts";
export type { LimitPerOptions } from "./lib/executor/options/limit_per.ts";
export type { FlatMapOptions, MapInputs, MapOptions } from "./lib/executor/options/map_options.ts";
export type { RateOptions, TaskRateOptions, WeightRateOptions } from "./lib/executor/options/rate_options.ts";
export type { RecycleOptions } from "./lib/executor/options/recycle_options.ts";
export type { RetryOptions } from "./lib/executor/options/retry_options.ts";
export type { BroadcastOptions, TaskOptions } from "./lib/executor/options/task_options.ts";
export type { MapOutcome, TaskHandle, TaskInFlight, TaskState } from "./lib/executor/tasks/task_handle.ts";
export type { Grant, PermissionName, Permissions, PermissionSet } from "./lib/wire/permissions.ts";
export type { TaskContext, WorkerContext } from "./lib/worker/context.ts";
