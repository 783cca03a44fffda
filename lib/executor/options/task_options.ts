/** The options of a single task. */

import type { Movable } from "../../wire/movable.ts";
import type { Encoding } from "../../wire/encoding.ts";
import {
  checkNames,
  finite,
  flag,
  functionOf,
  keyOf,
  listOf,
  oneOf,
  type OptionNames,
  signalOf,
  textsOf,
  time,
} from "./checks.ts";
import { type ResolvedRetryOptions, retryOf, type RetryOptions } from "./retry_options.ts";

/** Options of a single task. */
export interface TaskOptions {
  /** Cancels the task when it aborts: `context.signal` aborts too, and the result rejects with the signal's reason at once. */
  signal?: AbortSignal;
  /**
   * Maximum run time of the body, in milliseconds, without the time in which other tasks hold its event loop. After it, the task fails with
   * a `TaskTimeoutError` and its signal aborts. 0 fails every task whose body does not end at once; for no limit, use `Infinity`. A body
   * that ends within 10 ms after its timeout may still succeed, and one that computes without a pause is ended after a second at the
   * earliest: until then, its worker may only be waiting for a core.
   *
   * @defaultValue `Infinity`
   */
  timeout?: number;
  /**
   * Maximum time that the task waits for a slot, in milliseconds. After it, the task fails with a `TaskTimeoutError`. 0 fails a
   * task for which no slot is free at once.
   *
   * @defaultValue `Infinity`
   */
  queueTimeout?: number;
  /**
   * Maximum time that a cancelled body may go on, in milliseconds. After it, its worker is replaced.
   *
   * @defaultValue 5,000
   */
  gracePeriod?: number;
  /**
   * When a failed task is tried again, and how often.
   *
   * @defaultValue no further attempt
   */
  retry?: RetryOptions;
  /**
   * Tasks of a higher priority start first; among equal ones, the task that was handed in first.
   *
   * @defaultValue 0
   */
  priority?: number;
  /** Tasks with the same key run on the same worker, as long as it lives: what they cache there is found again. */
  key?: string | number;
  /** Parts of the input that move to the worker instead of being copied. Processes take only buffers, no streams or ports. */
  transfer?: Movable[];
  /** Called with each value that the body passes to `context.progress`. */
  onProgress?: (value: unknown) => void;
  /**
   * How inputs and results are written as text, so that the worker parses them.
   *
   * @defaultValue values both ways
   */
  encoding?: Encoding;
}

/** Options of a task that all calls take. */
export const COMMON = {
  signal: true,
  timeout: true,
  queueTimeout: true,
  gracePeriod: true,
  retry: true,
  priority: true,
  encoding: true,
} as const;

const TASK_OPTIONS: OptionNames<TaskOptions> = {
  ...COMMON,
  key: true,
  transfer: true,
  onProgress: true,
};

/** Fields of one of the tasks of `executeTasks()`. */
export const REQUEST_OPTIONS: OptionNames<TaskOptions & { task: unknown; input?: unknown }> = {
  task: true,
  input: true,
  ...TASK_OPTIONS,
};

/** Options of {@link Executor.broadcast}: those of a task but `transfer`, as nothing moves to several workers, and `key`. */
export type BroadcastOptions = Omit<TaskOptions, "transfer" | "key">;

export const BROADCAST_OPTIONS: OptionNames<BroadcastOptions> = { ...COMMON, onProgress: true };

const ENCODING: OptionNames<Omit<Encoding, "rows" | "inputRows" | "each" | "timed" | "adds" | "prints">> = {
  input: true,
  output: true,
  columns: true,
  batch: true,
  keyed: true,
};

/** A task's options with every default filled in. */
export interface ResolvedTaskOptions extends TaskOptions {
  timeout: number;
  queueTimeout: number;
  gracePeriod: number;
  retry: ResolvedRetryOptions;
  priority: number;
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
    priority: finite("priority", priority),
  };
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
