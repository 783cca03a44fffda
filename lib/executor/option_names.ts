/**
 * The names of all options, to refuse unknown ones. This does not compile if an option of a type is missing here.
 *
 * @module
 */

import type { ResourceLimits } from "../backends/default.ts";
import type { OptionNames } from "./checks.ts";
import type {
  BroadcastOptions,
  CloseOptions,
  Encoding,
  ExecutorOptions,
  FlatMapOptions,
  LimitPerOptions,
  MapOptions,
  RecycleOptions,
  RetryOptions,
  TaskOptions,
  TaskRateOptions,
  WeightRateOptions,
} from "./types.ts";

/** Options of `new Executor()`. */
export const EXECUTOR_OPTIONS: OptionNames<ExecutorOptions> = {
  workers: true,
  concurrency: true,
  isolation: true,
  onStuckThread: true,
  timeout: true,
  queueTimeout: true,
  gracePeriod: true,
  stallTimeout: true,
  startTimeout: true,
  idleTimeout: true,
  retry: true,
  rate: true,
  limitPer: true,
  priority: true,
  maxQueue: true,
  onFull: true,
  recycle: true,
  permissions: true,
  denoOptions: true,
  workerData: true,
  env: true,
  argv: true,
  execArgv: true,
  resourceLimits: true,
  encoding: true,
  schema: true,
  hooks: true,
  console: true,
  tracing: true,
};

/** Options of a task that all calls take. */
const COMMON = {
  signal: true,
  timeout: true,
  queueTimeout: true,
  gracePeriod: true,
  retry: true,
  priority: true,
  encoding: true,
} as const;

/** Options of a single task. */
export const TASK_OPTIONS: OptionNames<TaskOptions> = {
  ...COMMON,
  key: true,
  transfer: true,
  onProgress: true,
};

/** Options of `map()`. */
export const MAP_OPTIONS: OptionNames<MapOptions> = {
  ...COMMON,
  key: true,
  transfer: true,
  inputSignal: true,
  ordered: true,
  settled: true,
  window: true,
  revisit: true,
  maxInputs: true,
  drain: true,
};

const { settled: _, ...flatMapOptions } = MAP_OPTIONS;

/** Options of `flatMap()`. */
export const FLAT_MAP_OPTIONS: OptionNames<FlatMapOptions> = flatMapOptions;

/** Options of `broadcast()`. */
export const BROADCAST_OPTIONS: OptionNames<BroadcastOptions> = { ...COMMON, onProgress: true };

/** Fields of one of the tasks of `executeTasks()`. */
export const REQUEST_OPTIONS: OptionNames<TaskOptions & { task: unknown; input?: unknown }> = {
  task: true,
  input: true,
  ...TASK_OPTIONS,
};

/** Options of `close()`. */
export const CLOSE_OPTIONS: OptionNames<CloseOptions> = { timeout: true, pending: true };

/** Fields of `workers`. */
export const BOUNDS: OptionNames<{ min?: number; max?: number }> = { min: true, max: true };

/** Fields of `retry`. */
export const RETRY: OptionNames<RetryOptions> = {
  attempts: true,
  minDelay: true,
  maxDelay: true,
  factor: true,
  jitter: true,
  when: true,
  losses: true,
  pause: true,
};

/** Fields of `recycle`. */
export const RECYCLE: OptionNames<RecycleOptions> = { tasks: true, ageMs: true, heapBytes: true };

/** Fields of a `rate` that counts tasks. */
export const TASK_RATE: OptionNames<TaskRateOptions> = { tasks: true, perMs: true, auto: true };

/** Fields of a `rate` with weights. */
export const WEIGHT_RATE: OptionNames<WeightRateOptions> = {
  amount: true,
  perMs: true,
  weight: true,
  name: true,
  auto: true,
};

/** Fields of `resourceLimits`. */
export const RESOURCE_LIMITS: OptionNames<ResourceLimits> = {
  maxOldGenerationSizeMb: true,
  maxYoungGenerationSizeMb: true,
  codeRangeSizeMb: true,
  stackSizeMb: true,
};

/** Fields of `limitPer`. */
export const LIMIT_PER: OptionNames<LimitPerOptions> = { most: true, key: true };

/** Fields of `encoding`. */
export const ENCODING: OptionNames<Omit<Encoding, "rows" | "each" | "timed" | "adds">> = {
  input: true,
  output: true,
  columns: true,
  batch: true,
  keyed: true,
};
