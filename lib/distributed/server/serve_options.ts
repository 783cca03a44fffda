/** The options of a worker. */

import type { OptionNames } from "../../executor/options/checks.ts";
import type { ExecutorOptions } from "../../executor/options/executor_options.ts";
import type { BrokerOptions } from "../broker/broker_options.ts";
import { BROKER } from "../options/option_names.ts";

/** Options of a worker: the broker, and how tasks run on this machine. */
export interface ServeOptions extends
  BrokerOptions,
  Pick<
    ExecutorOptions,
    | "workers"
    | "concurrency"
    | "permissions"
    | "denoOptions"
    | "workerData"
    | "env"
    | "argv"
    | "execArgv"
    | "resourceLimits"
    | "onStuckThread"
    | "recycle"
    | "stallTimeout"
    | "startTimeout"
    | "schema"
    | "tracing"
  > {
  /**
   * Labels of this worker: what it has, such as `"gpu"`. A run with `on` uses only workers with all labels that it names. Other runs use any
   * worker. Default: none.
   */
  label?: string | readonly string[];
  /**
   * Where a task's `console.log` goes: to stdout (`"inherit"`) or to stderr. Default: `"inherit"`. With `"stderr"`, a run with `--tag`
   * gets what its tasks print.
   */
  console?: "inherit" | "stderr";
  /** Where tasks run. Default: `"thread"`. In both cases, the thread that talks to the broker runs no tasks. */
  isolation?: "thread" | "process";
  /** How long this worker may be silent before its job chunks go to other workers, in milliseconds. Default: 15,000. */
  lockDuration?: number;
  /** How long the worker may have no job chunk before it closes, in milliseconds. Default: `Infinity`. */
  idleExit?: number;
  /**
   * Whether the worker closes when no run is left that it can serve, once there has been one. A run whose producer was lost has a
   * minute to be resumed. Default: false.
   */
  exitWithRun?: boolean;
  /** Called with lines for the user. */
  onNotice?: (line: string) => void;
}

/** The options that are passed to the worker's executor. */
export type PoolOptions = Omit<
  ServeOptions,
  keyof BrokerOptions | "label" | "lockDuration" | "idleExit" | "exitWithRun" | "onNotice"
>;

/** The names of those options. */
export const POOL_OPTIONS: OptionNames<PoolOptions> = {
  workers: true,
  concurrency: true,
  isolation: true,
  permissions: true,
  denoOptions: true,
  workerData: true,
  env: true,
  argv: true,
  execArgv: true,
  resourceLimits: true,
  console: true,
  onStuckThread: true,
  recycle: true,
  stallTimeout: true,
  startTimeout: true,
  schema: true,
  tracing: true,
};

export const SERVE_OPTIONS: OptionNames<ServeOptions> = {
  ...BROKER,
  ...POOL_OPTIONS,
  label: true,
  lockDuration: true,
  idleExit: true,
  exitWithRun: true,
  onNotice: true,
};
