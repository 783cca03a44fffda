/** The names of all options over a broker. The compiler reports a list that differs from its type. */

import type { OptionNames } from "../../executor/options/checks.ts";
import { RETRY } from "../../executor/options/retry_options.ts";
import type { BrokerOptions } from "../broker/broker_options.ts";
import type {
  DistributedMapOptions,
  DistributedOptions,
  DistributedRetryOptions,
  DistributedTaskOptions,
} from "./types.ts";

export const BROKER: OptionNames<BrokerOptions> = {
  redis: true,
  queue: true,
  prefix: true,
  ca: true,
  cert: true,
  key: true,
};

/** Task options that can also be defaults of an executor. */
const DEFAULTS = {
  timeout: true,
  queueTimeout: true,
  gracePeriod: true,
  retry: true,
  priority: true,
} as const;

/** Options of a task that runs over a broker. */
export const TASK_OPTIONS: OptionNames<DistributedTaskOptions> = {
  signal: true,
  ...DEFAULTS,
  onProgress: true,
};

const { pause: _, ...retry } = RETRY;

/** Options of `retry`, without `pause`, which an executor has for all its tasks. */
export const RETRY_OPTIONS: OptionNames<DistributedRetryOptions> = retry;

/** Options of a single task of `executeTasks()`. */
export const REQUEST_OPTIONS: OptionNames<DistributedTaskOptions & { task: unknown; input?: unknown }> = {
  task: true,
  input: true,
  ...TASK_OPTIONS,
};

export const MAP_OPTIONS: OptionNames<DistributedMapOptions> = {
  signal: true,
  ...DEFAULTS,
  ordered: true,
  settled: true,
  window: true,
  revisit: true,
  maxInputs: true,
  drain: true,
};

const { settled: _settled, ...flatMapOptions } = MAP_OPTIONS;

export const FLAT_MAP_OPTIONS: OptionNames<Omit<DistributedMapOptions, "settled">> = flatMapOptions;

export const EXECUTOR_OPTIONS: OptionNames<DistributedOptions> = {
  ...BROKER,
  ...DEFAULTS,
  rate: true,
  limitPer: true,
  run: true,
  on: true,
  waitWorkers: true,
  chunkSize: true,
  tracing: true,
};
