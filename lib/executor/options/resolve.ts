/** Checks the options of an executor and fills in their defaults. The other parts of the executor get only resolved options. */

import { defaultWorkers, type Isolation, type WorkerSettings } from "../../backends/default.ts";
import type { Permissions } from "../../wire/permissions.ts";
import { checkNames, count, flag, oneOf, textOf, textsOf, time } from "./checks.ts";
import { EXECUTOR_OPTIONS, type ExecutorOptions } from "./executor_options.ts";
import { limitPerOf, type LimitPerOptions } from "./limit_per.ts";
import { ratesOf, type ResolvedRate } from "./rate_options.ts";
import { recycleOf, type RecycleOptions } from "./recycle_options.ts";
import { NO_RETRY } from "./retry_options.ts";
import { type ResolvedTaskOptions, resolveTaskOptions } from "./task_options.ts";
import { permissionsOf, settingsOf, workerBounds } from "./worker_options.ts";

/** The number of tasks in flight per worker from which `concurrency: "auto"` begins. A guess. */
export const FIRST_LEVEL = 8;

/** The executor's options with every default filled in. */
export interface ResolvedOptions {
  minWorkers: number;
  maxWorkers: number;
  concurrency: number;
  /** Whether `concurrency` is only the first level of `"auto"`. */
  autoConcurrency: boolean;
  /** Empty without `rate`. */
  rates: ResolvedRate[];
  limitPer: LimitPerOptions | undefined;
  isolation: Isolation;
  onStuckThread: "thread" | "process";
  permissions: Permissions;
  denoOptions: string[] | undefined;
  workerData: unknown;
  settings: WorkerSettings;
  maxQueue: number;
  onFull: "wait" | "reject";
  idleTimeout: number;
  recycle: RecycleOptions;
  stallTimeout: number;
  startTimeout: number;
  console: "inherit" | "stderr" | "event" | "task" | "asked";
  hooks: boolean;
  tracing: boolean;
  schema: string | undefined;
  task: ResolvedTaskOptions;
}

/**
 * Resolves the options of an executor.
 *
 * @throws {RangeError} if a number is out of range
 * @throws {TypeError} if an option does not exist, or is of the wrong kind
 */
export function resolveOptions(options: ExecutorOptions): ResolvedOptions {
  checkNames(options, EXECUTOR_OPTIONS, { subject: "executor option" });
  // Only a missing option has its default. Null is a mistake.
  const {
    concurrency = 16,
    isolation: given = "thread",
    permissions = "inherit",
    maxQueue = Infinity,
    onFull = "wait",
    idleTimeout = 5_000,
    stallTimeout = Infinity,
    startTimeout = 30_000,
    console = "inherit",
    hooks = true,
    tracing = true,
  } = options;
  const isolation = oneOf("isolation", given, ["thread", "process", "none"]);
  // Several workers in one thread would only share its event loop.
  const { min, max } = workerBounds(options.workers, isolation === "none" ? 1 : defaultWorkers());
  const resolved: ResolvedOptions = {
    minWorkers: min,
    maxWorkers: max,
    concurrency: concurrency === "auto" ? FIRST_LEVEL : concurrencyOf(concurrency),
    autoConcurrency: concurrency === "auto",
    rates: ratesOf(options.rate),
    limitPer: limitPerOf(options.limitPer),
    isolation,
    onStuckThread: oneOf("onStuckThread", options.onStuckThread ?? "thread", ["thread", "process"]),
    permissions: permissionsOf(permissions),
    denoOptions: textsOf("denoOptions", options.denoOptions),
    workerData: options.workerData,
    settings: settingsOf(options),
    maxQueue: maxQueue === Infinity ? Infinity : count("maxQueue", maxQueue, 0),
    onFull: oneOf("onFull", onFull, ["wait", "reject"]),
    idleTimeout: time("idleTimeout", idleTimeout),
    recycle: recycleOf(options.recycle),
    stallTimeout: time("stallTimeout", stallTimeout, 1),
    startTimeout: time("startTimeout", startTimeout, 1),
    console: oneOf("console", console, ["inherit", "stderr", "event", "task", "asked"]),
    hooks: flag("hooks", hooks),
    tracing: flag("tracing", tracing),
    schema: textOf("schema", options.schema),
    task: { timeout: Infinity, queueTimeout: Infinity, gracePeriod: 5_000, retry: NO_RETRY, priority: 0 },
  };
  const { timeout, queueTimeout, gracePeriod, retry, priority, encoding } = options;
  resolved.task = resolveTaskOptions(
    { timeout, queueTimeout, gracePeriod, retry, priority, encoding },
    resolved.task,
  );
  return resolved;
}

/** @throws {RangeError} if the value is no whole number of at least 1 */
export function concurrencyOf(value: number): number {
  return count("concurrency", value, 1);
}
