/**
 * Checks all options and fills in their defaults. The other parts of the executor get only resolved options.
 *
 * @module
 */

import { defaultWorkers, type WorkerSettings } from "../backends/default.ts";
import { isPermissionName, PERMISSION_NAMES, type Permissions } from "../wire/permissions.ts";
import { FIRST_LEVEL } from "./queue/auto_concurrency.ts";
import {
  checkNames,
  checkRecord,
  count,
  finite,
  flag,
  functionOf,
  inRange,
  keyOf,
  listOf,
  oneOf,
  positive,
  shown,
  signalOf,
  textOf,
  textsOf,
  time,
} from "./checks.ts";
import { LONGEST } from "./deadlines.ts";
import { nearest } from "./nearest.ts";
import {
  BOUNDS,
  CLOSE_OPTIONS,
  ENCODING,
  EXECUTOR_OPTIONS,
  LIMIT_PER,
  RECYCLE,
  RESOURCE_LIMITS,
  RETRY,
  TASK_OPTIONS,
  TASK_RATE,
  WEIGHT_RATE,
} from "./option_names.ts";
import type {
  CloseOptions,
  Encoding,
  ExecutorOptions,
  Isolation,
  LimitPerOptions,
  MapOptions,
  RateOptions,
  RecycleOptions,
  RetryOptions,
  TaskOptions,
  WeightRateOptions,
} from "./types.ts";

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
  console: "inherit" | "stderr" | "event" | "task";
  hooks: boolean;
  tracing: boolean;
  schema: string | undefined;
  task: ResolvedTaskOptions;
}

/** A task's options with every default filled in. */
export interface ResolvedTaskOptions extends TaskOptions {
  timeout: number;
  queueTimeout: number;
  gracePeriod: number;
  retry: ResolvedRetryOptions;
  priority: number;
}

/** A rate, which counts tasks or their weights. */
export interface ResolvedRate {
  /** What messages call it. */
  path: string;
  amount: number;
  perMs: number;
  /** Whether the amount is found, up to this one. */
  auto: boolean;
  /** The name by which `context.used` corrects a weight; undefined for any name. */
  name?: string;
  /** Undefined if each task counts 1. */
  weight: ((input: unknown) => number) | undefined;
}

/** The retry options with every default filled in. */
export interface ResolvedRetryOptions extends RetryOptions {
  attempts: number;
  minDelay: number;
  maxDelay: number;
  factor: number;
  jitter: number;
  losses: number;
  pause: "all" | "key" | false;
}

const NO_RETRY: ResolvedRetryOptions = {
  attempts: 1,
  minDelay: 200,
  maxDelay: 30_000,
  factor: 2,
  jitter: 0.5,
  losses: 0,
  pause: false,
};

/** Maximum number of workers. A guess: more than any machine has memory for. Each position takes an element of an array. */
const MOST_WORKERS = 65_536;

/** Minimum window of a map with `limitPer`, so that it finds tasks that can pass the ones that exceed their limit. A guess. */
const LOOK_AHEAD = 1_024;

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
  const isolation = isolationOf(options.isolation);
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
    console: oneOf("console", console, ["inherit", "stderr", "event", "task"]),
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

/** Resolves the options of a task. A task without options shares the executor's defaults, at no cost. */
export function resolveTaskOptions(
  options: TaskOptions | undefined,
  defaults: ResolvedTaskOptions,
): ResolvedTaskOptions {
  if (options === undefined) return defaults;
  checkNames(options, TASK_OPTIONS, { subject: "task option" });
  const {
    timeout = defaults.timeout,
    queueTimeout = defaults.queueTimeout,
    gracePeriod = defaults.gracePeriod,
    priority = defaults.priority,
  } = options;
  return {
    signal: signalOf("signal", options.signal),
    key: keyOf("key", options.key),
    transfer: listOf("transfer", options.transfer),
    onProgress: functionOf("onProgress", options.onProgress),
    encoding: encodingOf(options.encoding) ?? defaults.encoding,
    timeout: time("timeout", timeout),
    queueTimeout: time("queueTimeout", queueTimeout),
    gracePeriod: time("gracePeriod", gracePeriod),
    retry: options.retry === undefined ? defaults.retry : retryOf(options.retry, defaults.retry),
    priority: priorityOf(priority),
  };
}

/**
 * Resolves `window` of a map. The default is twice the number of tasks that the workers hold, within and beyond their slots, but at
 * most the number of tasks that may be in the executor.
 */
export function resolveWindow(
  window: number | undefined,
  executor: ResolvedOptions,
  pool: { readonly capacity: number; readonly slots: number },
): () => number {
  if (window !== undefined) {
    const fixed = count("window", window, 1);
    return () => fixed;
  }
  const least = executor.limitPer ? LOOK_AHEAD : 0;
  return () => Math.min(Math.max(least, 2 * pool.capacity), pool.slots + executor.maxQueue);
}

/** Resolves the options of a map about inputs that tasks hand in. */
export function resolveAdding(
  { revisit, maxInputs = Infinity }: Pick<MapOptions, "revisit" | "maxInputs">,
): { revisit: boolean | undefined; most: number } {
  return {
    revisit: revisit === undefined ? undefined : flag("revisit", revisit),
    most: maxInputs === Infinity ? maxInputs : count("maxInputs", maxInputs, 1),
  };
}

function retryOf(retry: RetryOptions, defaults: ResolvedRetryOptions): ResolvedRetryOptions {
  checkNames(retry, RETRY, { path: "retry" });
  const { minDelay, maxDelay } = retry;
  const {
    attempts = defaults.attempts,
    factor = defaults.factor,
    jitter = defaults.jitter,
    when = defaults.when,
    losses = defaults.losses,
    pause = defaults.pause,
  } = retry;
  const resolved: ResolvedRetryOptions = {
    attempts: attempts === Infinity ? attempts : count("retry.attempts", attempts, 1),
    minDelay: time(
      "retry.minDelay",
      minDelay === undefined ? Math.min(defaults.minDelay, maxDelay ?? Infinity) : minDelay,
    ),
    maxDelay: time(
      "retry.maxDelay",
      maxDelay === undefined ? Math.max(defaults.maxDelay, minDelay ?? 0) : maxDelay,
    ),
    factor: inRange("retry.factor", factor, 1, Infinity),
    jitter: inRange("retry.jitter", typeof jitter === "boolean" ? Number(jitter) : jitter, 0, 1),
    when: functionOf("retry.when", when),
    losses: count("retry.losses", losses, 0),
    pause: pause === false ? false : pauseOf(pause),
  };
  if (resolved.minDelay <= resolved.maxDelay) return resolved;
  throw new RangeError(
    `retry.minDelay must be at most retry.maxDelay (${resolved.maxDelay}), got ${resolved.minDelay}`,
  );
}

function pauseOf(pause: unknown): "all" | "key" {
  if (pause === "all" || pause === "key") return pause;
  throw new TypeError(`retry.pause must be "all", "key" or false, got ${shown(pause)}`);
}

function permissionsOf(permissions: Permissions): Permissions {
  if (permissions === "inherit" || permissions === "none") return permissions;
  if (typeof permissions !== "object" || permissions === null || Array.isArray(permissions)) {
    throw new TypeError(`permissions must be "inherit", "none" or an object, got ${shown(permissions)}`);
  }
  for (const [name, grant] of Object.entries(permissions)) {
    if (!isPermissionName(name)) {
      const near = nearest(name, [...PERMISSION_NAMES]);
      const advice = near ? `; did you mean permissions.${near}?` : "";
      throw new TypeError(
        `permissions.${name} is no permission; there are ${PERMISSION_NAMES.join(", ")}${advice}`,
      );
    }
    const sound = grant === undefined || typeof grant === "boolean" ||
      (Array.isArray(grant) && grant.every((item) => typeof item === "string" && item !== ""));
    if (!sound) throw new TypeError(`permissions.${name} must be true, false or an array of strings`);
    // In Deno's flags a comma ends an item, so the rest of the text would be granted as another item.
    const split = Array.isArray(grant) && grant.find((item) => item.includes(","));
    if (split) throw new TypeError(`permissions.${name} must list items without commas, got ${split}`);
  }
  return { ...permissions };
}

function settingsOf({ env, argv, execArgv, resourceLimits }: ExecutorOptions): WorkerSettings {
  const settings: WorkerSettings = {};
  if (env !== undefined) {
    checkRecord("env", env);
    for (const [name, value] of Object.entries(env)) textOf(`env.${name}`, value);
    settings.env = { ...env };
  }
  if (argv !== undefined) settings.argv = textsOf("argv", argv);
  if (execArgv !== undefined) settings.execArgv = textsOf("execArgv", execArgv);
  if (resourceLimits !== undefined) {
    checkNames(resourceLimits, RESOURCE_LIMITS, { path: "resourceLimits" });
    settings.resourceLimits = { ...resourceLimits };
    for (const [name, value] of Object.entries(settings.resourceLimits)) {
      positive(`resourceLimits.${name}`, value);
    }
  }
  return settings;
}

function recycleOf(recycle: RecycleOptions = {}): RecycleOptions {
  checkNames(recycle, RECYCLE, { path: "recycle" });
  const { tasks, ageMs, heapBytes } = recycle;
  return {
    tasks: tasks === undefined ? undefined : count("recycle.tasks", tasks, 1),
    ageMs: ageMs === undefined ? undefined : time("recycle.ageMs", ageMs, 1),
    heapBytes: heapBytes === undefined ? undefined : count("recycle.heapBytes", heapBytes, 1),
  };
}

function ratesOf(rate: ExecutorOptions["rate"]): ResolvedRate[] {
  if (rate === undefined) return [];
  if (!Array.isArray(rate)) return [rateOf(rate, "rate")];
  return Array.from(rate, (one, at) => rateOf(one, `rate[${at}]`));
}

function rateOf(rate: RateOptions, path: string): ResolvedRate {
  checkRecord(path, rate);
  if ("amount" in rate || "weight" in rate) return weightRateOf(rate as WeightRateOptions, path);
  checkNames(rate, TASK_RATE, { path });
  const [tasks, perMs] = [positive(`${path}.tasks`, rate.tasks), positive(`${path}.perMs`, rate.perMs)];
  const interval = perMs / tasks;
  const auto = rate.auto === undefined ? false : flag(`${path}.auto`, rate.auto);
  if (interval > 0 && interval <= LONGEST) return { path, amount: tasks, perMs, auto, weight: undefined };
  throw new RangeError(
    `${path} must be a task per ${LONGEST} ms at least, and not without limit, got ${tasks} per ${perMs} ms`,
  );
}

function weightRateOf(rate: WeightRateOptions, path: string): ResolvedRate {
  checkNames(rate, WEIGHT_RATE, { path });
  const [amount, perMs] = [positive(`${path}.amount`, rate.amount), positive(`${path}.perMs`, rate.perMs)];
  const weight = functionOf(`${path}.weight`, rate.weight);
  if (weight === undefined) throw new TypeError(`${path}.weight must be a function, got undefined`);
  const name = textOf(`${path}.name`, rate.name);
  const auto = rate.auto === undefined ? false : flag(`${path}.auto`, rate.auto);
  if (amount < Infinity && perMs <= LONGEST) return { path, amount, perMs, auto, weight, name };
  throw new RangeError(
    `${path} must have a limit, and an interval of at most ${LONGEST} ms, got ${amount} per ${perMs} ms`,
  );
}

function limitPerOf(limitPer: LimitPerOptions | undefined): LimitPerOptions | undefined {
  if (limitPer === undefined) return undefined;
  checkNames(limitPer, LIMIT_PER, { path: "limitPer" });
  const key = functionOf("limitPer.key", limitPer.key);
  if (key === undefined) throw new TypeError("limitPer.key must be a function, got undefined");
  return { key, most: count("limitPer.most", limitPer.most, 1) };
}

function encodingOf(encoding: Encoding | undefined): Encoding | undefined {
  if (encoding === undefined) return undefined;
  checkNames(encoding, ENCODING, { path: "encoding" });
  const { input = "value", output = "value", columns, batch, keyed } = encoding;
  const inputs: NonNullable<Encoding["input"]>[] = ["value", "json", "text", "record"];
  const keys: NonNullable<Encoding["keyed"]>[] = ["sent", "content"];
  const outputs: NonNullable<Encoding["output"]>[] = ["value", "json", "text", "object"];
  // A copy, because the caller's object may have inherited properties that cannot cross to a worker.
  return {
    input: oneOf("encoding.input", input, inputs),
    output: oneOf("encoding.output", output, outputs),
    columns: textsOf("encoding.columns", columns),
    batch: batch === undefined ? undefined : flag("encoding.batch", batch),
    keyed: keyed === undefined ? undefined : oneOf("encoding.keyed", keyed, keys),
  };
}

function isolationOf(isolation: ExecutorOptions["isolation"] = "thread"): Isolation {
  return oneOf("isolation", isolation, ["thread", "process", "none"]);
}

function workerBounds(workers: ExecutorOptions["workers"], most: number): { min: number; max: number } {
  if (typeof workers !== "object") {
    return { min: 0, max: count("workers", workers === undefined ? most : workers, 1, MOST_WORKERS) };
  }
  checkNames(workers, BOUNDS, { path: "workers" });
  const min = count("workers.min", workers.min === undefined ? 0 : workers.min, 0, MOST_WORKERS);
  const max = count(
    "workers.max",
    workers.max === undefined ? Math.max(most, min) : workers.max,
    1,
    MOST_WORKERS,
  );
  if (min > max) throw new RangeError(`workers.min must be at most workers.max (${max}), got ${min}`);
  return { min, max };
}

/** The options of `close()` with every default filled in. */
export type ResolvedCloseOptions = Required<CloseOptions>;

/**
 * Resolves the options of `close()`.
 *
 * @throws {TypeError} if an option does not exist, or is of the wrong kind
 * @throws {RangeError} if `timeout` is no number of milliseconds
 */
export function resolveCloseOptions(options: CloseOptions): ResolvedCloseOptions {
  checkNames(options, CLOSE_OPTIONS, { subject: "option of close()" });
  const { timeout = Infinity, pending = "finish" } = options;
  return {
    timeout: time("timeout", timeout),
    pending: oneOf("pending", pending, ["finish", "cancel"]),
  };
}

/** @throws {RangeError} if the value is no whole number of at least 1 */
export function concurrencyOf(value: number): number {
  return count("concurrency", value, 1);
}

function priorityOf(value: number): number {
  return finite("priority", value);
}
