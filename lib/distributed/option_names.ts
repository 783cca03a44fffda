/**
 * The names of all options over a broker. An option that a type gets has its place here, or this does not compile.
 *
 * @module
 */

import type { OptionNames } from "../executor/checks.ts";
import { RETRY } from "../executor/option_names.ts";
import type { BrokerOptions } from "./broker/broker.ts";
import type {
  DistributedMapOptions,
  DistributedOptions,
  DistributedRetryOptions,
  DistributedTaskOptions,
} from "./types.ts";

/** Of any connection. */
export const BROKER: OptionNames<BrokerOptions> = {
  redis: true,
  queue: true,
  ca: true,
  cert: true,
  key: true,
};

/** Of a task that another machine may run. */
export const TASK_OPTIONS: OptionNames<DistributedTaskOptions> = {
  signal: true,
  timeout: true,
  gracePeriod: true,
  retry: true,
};

const { when: _, ...retry } = RETRY;

/** Of `retry`: a function does not cross. */
export const RETRY_OPTIONS: OptionNames<DistributedRetryOptions> = retry;

/** Of one of the tasks of `executeTasks()`. */
export const REQUEST_OPTIONS: OptionNames<DistributedTaskOptions & { task: unknown; input?: unknown }> = {
  task: true,
  input: true,
  ...TASK_OPTIONS,
};

/** Of `map()`. */
export const MAP_OPTIONS: OptionNames<DistributedMapOptions> = {
  ...TASK_OPTIONS,
  ordered: true,
  settled: true,
  window: true,
  drain: true,
};

/** Of `new DistributedExecutor()`. */
export const EXECUTOR_OPTIONS: OptionNames<DistributedOptions> = {
  ...BROKER,
  run: true,
  chunkSize: true,
  timeout: true,
  gracePeriod: true,
  retry: true,
  tracing: true,
};
