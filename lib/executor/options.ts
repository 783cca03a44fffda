/**
 * Options are checked here, at the door, and nowhere else; inside, every value is there and sound.
 *
 * @module
 */

import { defaultWorkers } from "../backends/default.ts";
import type { PermissionName, Permissions } from "../wire/permissions.ts";
import { FIRST_LEVEL } from "./auto_concurrency.ts";
import { LONGEST } from "./deadlines.ts";
import type {
  Encoding,
  ExecutorOptions,
  Isolation,
  LimitPerOptions,
  RateOptions,
  RecycleOptions,
  RetryOptions,
  TaskOptions,
} from "./types.ts";

/** The executor's options with every default filled in. */
export interface ResolvedOptions {
  minWorkers: number;
  maxWorkers: number;
  concurrency: number;
  /** Whether that finds its level. */
  autoConcurrency: boolean;
  rate: RateOptions | undefined;
  limitPer: LimitPerOptions | undefined;
  isolation: Isolation;
  permissions: Permissions;
  denoOptions: string[] | undefined;
  workerData: unknown;
  maxQueue: number;
  onFull: "wait" | "reject";
  idleTimeout: number;
  recycle: RecycleOptions;
  stallTimeout: number;
  console: "inherit" | "stderr";
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

/** The retry options with every default filled in. */
export interface ResolvedRetryOptions extends RetryOptions {
  attempts: number;
  minDelay: number;
  maxDelay: number;
  factor: number;
  jitter: number;
  losses: number;
}

const NO_RETRY: ResolvedRetryOptions = {
  attempts: 1,
  minDelay: 200,
  maxDelay: 30_000,
  factor: 2,
  jitter: 0.5,
  losses: 0,
};

/** So far a map looks ahead at least, for tasks that may pass others of which there are enough on workers. */
const LOOK_AHEAD = 1_024;

/**
 * Fills in the defaults.
 *
 * @throws {RangeError} if a number is out of range
 * @throws {TypeError} if a word is none of those there are
 */
export function resolveOptions(options: ExecutorOptions): ResolvedOptions {
  const isolation = oneOf("isolation", options.isolation ?? "thread", ["thread", "process", "none"]);
  // More than one loop in one thread would only be the same thread in turns.
  const { min, max } = workerBounds(options.workers, isolation === "none" ? 1 : defaultWorkers());
  const resolved: ResolvedOptions = {
    minWorkers: min,
    maxWorkers: max,
    concurrency: options.concurrency === "auto" ? FIRST_LEVEL : concurrencyOf(options.concurrency ?? 16),
    autoConcurrency: options.concurrency === "auto",
    rate: options.rate && rateOf(options.rate),
    limitPer: options.limitPer && limitPerOf(options.limitPer),
    isolation,
    permissions: permissionsOf(options.permissions ?? "inherit"),
    denoOptions: listOf("denoOptions", options.denoOptions),
    workerData: options.workerData,
    maxQueue: options.maxQueue === undefined || options.maxQueue === Infinity
      ? Infinity
      : count("maxQueue", options.maxQueue, 0),
    onFull: oneOf("onFull", options.onFull ?? "wait", ["wait", "reject"]),
    idleTimeout: time("idleTimeout", options.idleTimeout ?? 5_000),
    recycle: recycleOf(options.recycle ?? {}),
    stallTimeout: time("stallTimeout", options.stallTimeout ?? Infinity, 1),
    console: oneOf("console", options.console ?? "inherit", ["inherit", "stderr"]),
    hooks: options.hooks ?? true,
    tracing: options.tracing ?? true,
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

/** Fills in what a task leaves open. A task without options costs nothing: it shares its executor's defaults. */
export function resolveTaskOptions(
  options: TaskOptions | undefined,
  defaults: ResolvedTaskOptions,
): ResolvedTaskOptions {
  if (options === undefined) return defaults;
  return {
    signal: signalOf(options.signal),
    key: options.key,
    transfer: listOf("transfer", options.transfer),
    onProgress: functionOf("onProgress", options.onProgress),
    encoding: encodingOf(options.encoding) ?? defaults.encoding,
    timeout: time("timeout", options.timeout ?? defaults.timeout),
    queueTimeout: time("queueTimeout", options.queueTimeout ?? defaults.queueTimeout),
    gracePeriod: time("gracePeriod", options.gracePeriod ?? defaults.gracePeriod),
    retry: options.retry === undefined ? defaults.retry : retryOf(options.retry, defaults.retry),
    priority: priorityOf(options.priority ?? defaults.priority),
  };
}

/**
 * How far `map` may pull ahead. By default, twice what the workers hold, which is more where tasks are so
 * short that they are sent ahead of the slots; never more than may wait.
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

function retryOf(retry: RetryOptions, defaults: ResolvedRetryOptions): ResolvedRetryOptions {
  const { attempts, minDelay, maxDelay, factor, jitter, when, losses } = retry;
  const resolved = {
    attempts: attempts === Infinity ? attempts : count("retry.attempts", attempts ?? defaults.attempts, 1),
    minDelay: time("retry.minDelay", minDelay ?? Math.min(defaults.minDelay, maxDelay ?? Infinity)),
    maxDelay: time("retry.maxDelay", maxDelay ?? Math.max(defaults.maxDelay, minDelay ?? 0)),
    factor: inRange("retry.factor", factor ?? defaults.factor, 1, Infinity),
    jitter: inRange("retry.jitter", Number(jitter ?? defaults.jitter), 0, 1),
    when: functionOf("retry.when", when ?? defaults.when),
    losses: count("retry.losses", losses ?? defaults.losses, 0),
  };
  if (resolved.minDelay <= resolved.maxDelay) return resolved;
  throw new RangeError(
    `retry.minDelay must be at most retry.maxDelay (${resolved.maxDelay}), got ${resolved.minDelay}`,
  );
}

const PERMISSIONS: PermissionName[] = ["read", "write", "net", "env", "run", "ffi", "sys", "import"];

function permissionsOf(permissions: Permissions): Permissions {
  if (permissions === "inherit" || permissions === "none") return permissions;
  if (typeof permissions !== "object" || permissions === null) {
    throw new TypeError(`permissions must be "inherit", "none" or an object, got ${String(permissions)}`);
  }
  for (const [name, grant] of Object.entries(permissions)) {
    if (!PERMISSIONS.includes(name as PermissionName)) {
      throw new TypeError(`permissions.${name} is no permission; there are ${PERMISSIONS.join(", ")}`);
    }
    const sound = grant === undefined || typeof grant === "boolean" ||
      (Array.isArray(grant) && grant.every((item) => typeof item === "string" && item !== ""));
    if (!sound) throw new TypeError(`permissions.${name} must be true, false or an array of strings`);
    // In Deno's own words a comma ends an item: what comes after it would be granted as well.
    const split = Array.isArray(grant) && grant.find((item) => item.includes(","));
    if (split) throw new TypeError(`permissions.${name} must list items without commas, got ${split}`);
  }
  return { ...permissions };
}

function recycleOf({ tasks, ageMs, heapBytes }: RecycleOptions): RecycleOptions {
  return {
    tasks: tasks === undefined ? undefined : count("recycle.tasks", tasks, 1),
    ageMs: ageMs === undefined ? undefined : time("recycle.ageMs", ageMs, 1),
    heapBytes: heapBytes === undefined ? undefined : count("recycle.heapBytes", heapBytes, 1),
  };
}

function rateOf({ tasks, perMs }: RateOptions): RateOptions {
  const rate = {
    tasks: inRange("rate.tasks", tasks, Number.MIN_VALUE, Infinity),
    perMs: inRange("rate.perMs", perMs, Number.MIN_VALUE, Infinity),
  };
  const interval = rate.perMs / rate.tasks;
  if (interval > 0 && interval <= LONGEST) return rate;
  throw new RangeError(
    `rate must be a task per ${LONGEST} ms at least, and not without limit, got ${tasks} per ${perMs} ms`,
  );
}

function limitPerOf(limitPer: LimitPerOptions): LimitPerOptions {
  const key = functionOf("limitPer.key", limitPer.key);
  if (key === undefined) throw new TypeError("limitPer.key must be a function, got undefined");
  return { key, most: count("limitPer.most", limitPer.most, 1) };
}

function inRange(name: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  const range = most === Infinity ? `at least ${least}` : `from ${least} to ${most}`;
  throw new RangeError(`${name} must be a number, ${range}, got ${String(value)}`);
}

function encodingOf(encoding: Encoding | undefined): Encoding | undefined {
  if (encoding === undefined) return undefined;
  const inputs: NonNullable<Encoding["input"]>[] = ["value", "json", "text", "record"];
  const outputs: NonNullable<Encoding["output"]>[] = ["value", "json", "text", "object"];
  // Copied, so that nothing else that the caller's object has must cross to the worker.
  return {
    input: oneOf("encoding.input", encoding.input ?? "value", inputs),
    output: oneOf("encoding.output", encoding.output ?? "value", outputs),
    columns: encoding.columns,
    batch: encoding.batch,
    keyed: encoding.keyed,
  };
}

function signalOf(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw new TypeError("signal must be an AbortSignal (of an AbortController: its `signal`)");
}

function functionOf<F>(name: string, value: F | undefined): F | undefined {
  if (value === undefined || typeof value === "function") return value;
  throw new TypeError(`${name} must be a function, got ${typeof value}`);
}

function textOf(name: string, value: string | undefined): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw new TypeError(`${name} must be a string, got ${typeof value}`);
}

function listOf<T>(name: string, value: T[] | undefined): T[] | undefined {
  if (value === undefined || Array.isArray(value)) return value;
  throw new TypeError(`${name} must be an array, got ${typeof value}`);
}

function workerBounds(workers: ExecutorOptions["workers"], most: number): { min: number; max: number } {
  if (typeof workers !== "object") return { min: 0, max: count("workers", workers ?? most, 1) };
  const max = count("workers.max", workers.max ?? Math.max(most, workers.min ?? 0), 1);
  const min = count("workers.min", workers.min ?? 0, 0);
  if (min > max) throw new RangeError(`workers.min must be at most workers.max (${max}), got ${min}`);
  return { min, max };
}

/** @throws {RangeError} if it is no number of tasks */
export function concurrencyOf(value: number): number {
  return count("concurrency", value, 1);
}

function count(name: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new RangeError(`${name} must be a whole number of at least ${least}, got ${String(value)}`);
}

/** @throws {RangeError} if it is no time in milliseconds */
export function time(name: string, value: number, least = 0): number {
  if (typeof value === "number" && value >= least) return value;
  throw new RangeError(`${name} must be a number of milliseconds, ${least} or more, got ${String(value)}`);
}

function priorityOf(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new RangeError(`priority must be a finite number, got ${String(value)}`);
}

function oneOf<T extends string>(name: string, value: T, words: T[]): T {
  if (words.includes(value)) return value;
  throw new TypeError(
    `${name} must be ${words.map((word) => `"${word}"`).join(" or ")}, got ${String(value)}`,
  );
}
