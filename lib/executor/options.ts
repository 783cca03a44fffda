/**
 * Options are checked here, at the door, and nowhere else; inside, every value is there and sound.
 *
 * @module
 */

import { defaultWorkers } from "../backends/default.ts";
import type { ExecutorOptions, Isolation, MapOptions, TaskOptions } from "./types.ts";

/** The executor's options with every default filled in. */
export interface ResolvedOptions {
  minWorkers: number;
  maxWorkers: number;
  concurrency: number;
  isolation: Isolation;
  workerData: unknown;
  maxQueue: number;
  onFull: "wait" | "reject";
  idleTimeout: number;
  console: "inherit" | "stderr";
  hooks: boolean;
  task: ResolvedTaskOptions;
}

/** A task's options with every default filled in. */
export interface ResolvedTaskOptions extends TaskOptions {
  timeout: number;
  queueTimeout: number;
  gracePeriod: number;
  priority: number;
}

/**
 * Fills in the defaults.
 *
 * @throws {RangeError} if a number is out of range
 * @throws {TypeError} if a word is none of those there are
 */
export function resolveOptions(options: ExecutorOptions): ResolvedOptions {
  const { min, max } = workerBounds(options.workers);
  const resolved: ResolvedOptions = {
    minWorkers: min,
    maxWorkers: max,
    concurrency: count("concurrency", options.concurrency ?? 16, 1),
    isolation: oneOf("isolation", options.isolation ?? "thread", ["thread", "none"]),
    workerData: options.workerData,
    maxQueue: options.maxQueue === undefined || options.maxQueue === Infinity
      ? Infinity
      : count("maxQueue", options.maxQueue, 0),
    onFull: oneOf("onFull", options.onFull ?? "wait", ["wait", "reject"]),
    idleTimeout: time("idleTimeout", options.idleTimeout ?? 5_000),
    console: oneOf("console", options.console ?? "inherit", ["inherit", "stderr"]),
    hooks: options.hooks ?? true,
    task: { timeout: Infinity, queueTimeout: Infinity, gracePeriod: 5_000, priority: 0 },
  };
  const { timeout, queueTimeout, gracePeriod, priority, encoding } = options;
  resolved.task = resolveTaskOptions(
    { timeout, queueTimeout, gracePeriod, priority, encoding },
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
    signal: options.signal,
    key: options.key,
    transfer: options.transfer,
    onProgress: options.onProgress,
    encoding: options.encoding ?? defaults.encoding,
    timeout: time("timeout", options.timeout ?? defaults.timeout),
    queueTimeout: time("queueTimeout", options.queueTimeout ?? defaults.queueTimeout),
    gracePeriod: time("gracePeriod", options.gracePeriod ?? defaults.gracePeriod),
    priority: priorityOf(options.priority ?? defaults.priority),
  };
}

/** How far `map` may pull ahead: enough to keep every worker busy, no more than may wait. And by how many at a time. */
export function resolveWindow(
  options: MapOptions<never>,
  executor: ResolvedOptions,
): { window: number; step: number } {
  const slots = executor.maxWorkers * executor.concurrency;
  const window = options.window === undefined
    ? Math.min(Math.max(1024, 2 * slots), slots + executor.maxQueue)
    : count("window", options.window, 1);
  // A quarter at the most, and never so many that a slot would stay empty until they are pulled.
  const step = Math.max(1, Math.min(window >> 2, window - slots));
  return { window, step };
}

function workerBounds(workers: ExecutorOptions["workers"]): { min: number; max: number } {
  if (typeof workers !== "object") return { min: 0, max: count("workers", workers ?? defaultWorkers(), 1) };
  const max = count("workers.max", workers.max ?? Math.max(defaultWorkers(), workers.min ?? 0), 1);
  const min = count("workers.min", workers.min ?? 0, 0);
  if (min > max) throw new RangeError(`workers.min must be at most workers.max (${max}), got ${min}`);
  return { min, max };
}

function count(name: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new RangeError(`${name} must be a whole number of at least ${least}, got ${String(value)}`);
}

function time(name: string, value: number): number {
  if (typeof value === "number" && value >= 0) return value;
  throw new RangeError(`${name} must be a number of milliseconds, 0 or more, got ${String(value)}`);
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
