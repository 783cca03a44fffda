/** The options of an executor. */

import type { Isolation, ResourceLimits } from "../../backends/default.ts";
import type { Permissions } from "../../wire/permissions.ts";
import type { OptionNames } from "./checks.ts";
import type { LimitPerOptions } from "./limit_per.ts";
import type { RateOptions } from "./rate_options.ts";
import type { RecycleOptions } from "./recycle_options.ts";
import type { TaskOptions } from "./task_options.ts";

/** Options of an executor; the task options among them are defaults for its tasks. Times are milliseconds. */
export interface ExecutorOptions
  extends Pick<TaskOptions, "timeout" | "queueTimeout" | "gracePeriod" | "retry" | "priority" | "encoding"> {
  /**
   * Maximum number of workers, or bounds. Workers start as tasks come; `min` of them stay when they are idle.
   *
   * @defaultValue one per core; with `isolation: "none"`, one
   */
  workers?: number | { min?: number; max?: number };
  /**
   * Maximum number of tasks in flight per worker. `"auto"` finds the number at which most tasks succeed per second. It starts
   * at 8, grows while that rate grows, and then tries a quarter more and a quarter less from time to time. It takes a step back if
   * more tasks fail than before, or if a worker's event loop is late by more than 0.1 s.
   *
   * @defaultValue 16
   *
   * @example
   * ```ts
   * import { Executor } from "@polyloop/polyloop";
   *
   * await using executor = new Executor(null, { workers: 1, concurrency: "auto" });
   * const pause = async (ms: number) => await new Promise((resolve) => setTimeout(resolve, ms));
   * await executor.map(pause, Array.from({ length: 200 }, () => 10)).toArray();
   * console.log(`${executor.concurrency} tasks in flight were best so far`);
   * ```
   */
  concurrency?: number | "auto";
  /**
   * Maximum number of starts per interval, over all workers. A start is a body that begins, and each attempt counts. Any
   * `perMs` milliseconds have at most `tasks` starts. Two starts are at least `perMs / tasks` apart; above 100 per second, a
   * few tasks begin together. A late start delays the starts after it, so a few per cent fewer tasks may start.
   *
   * With `amount` and `weight`, tasks count by what they weigh, such as the tokens of a prompt. In any `perMs` milliseconds,
   * the starts weigh at most `amount` in all. The heavier a task is, the later is the next start. Several rates hold at once.
   * Tasks start in their order: lighter tasks do not pass a heavy one.
   *
   * @defaultValue no limit
   *
   * @example Fifty requests per second
   * ```ts
   * import { Executor } from "@polyloop/polyloop";
   *
   * await using executor = new Executor(null, { workers: 1, rate: { tasks: 50, perMs: 1_000 } });
   * const begun = performance.now();
   * await executor.map((n: number) => n * n, [1, 2, 3]).toArray();
   * if (performance.now() - begun < 40) throw new Error("faster than that");
   * ```
   *
   * @example Five hundred requests and 90,000 tokens per minute
   * ```ts
   * import { Executor } from "@polyloop/polyloop";
   *
   * await using executor = new Executor(null, {
   *   workers: 1,
   *   rate: [
   *     { tasks: 500, perMs: 60_000 },
   *     { amount: 90_000, perMs: 60_000, weight: ({ prompt }: { prompt: string }) => prompt.length / 4 },
   *   ],
   * });
   * await executor.run(({ prompt }: { prompt: string }) => prompt.length, { prompt: "Why is the sky blue?" });
   * ```
   */
  rate?: RateOptions | RateOptions[];
  /**
   * Maximum number of tasks with the same key on workers at the same time. Tasks that exceed it leave the queue until a slot for their key
   * is free, so that others pass them. A `map` looks for such others in its `window`, which is by default at least 1,024 inputs then.
   *
   * @defaultValue no limit
   *
   * @example Two requests per host
   * ```ts
   * import { Executor } from "@polyloop/polyloop";
   *
   * await using executor = new Executor(null, {
   *   workers: 2,
   *   limitPer: { most: 2, key: (url: string) => new URL(url).host },
   * });
   * const lengths = await executor.map((url: string) => url.length, ["http://a/1", "http://b/20"]).toArray();
   * if (lengths.join() !== "10,11") throw new Error("unexpected");
   * ```
   */
  limitPer?: LimitPerOptions;
  /**
   * What a worker is. `"thread"`: a thread. `"process"`: a process. If it runs out of memory or crashes, the caller goes on. It
   * starts slower than a thread, and sending values to it takes longer. A `SharedArrayBuffer` cannot be sent to it. `"none"`:
   * the caller's own thread and event loop.
   *
   * @defaultValue "thread"
   */
  isolation?: Isolation;
  /**
   * What new workers are after a thread could not be stopped. On Deno, a thread that is given up while it computes goes on, and
   * an endless loop keeps its core until the program ends. `"thread"`: threads as before. `"process"`: processes, which can be
   * stopped; the threads that are left are replaced as well. From then on, inputs and `workerData` must be values that can be
   * sent to a process. For servers that run for long. It makes no difference where threads can be stopped.
   *
   * @defaultValue "thread"
   */
  onStuckThread?: "thread" | "process";
  /**
   * What tasks may do, in Deno's words: `{ read: ["/data"], net: true }`, `"none"` or `"inherit"`. What is left out is denied. The
   * module and its imports load in any case. What the runtime cannot enforce is refused:
   *
   * - On Deno, threads need `--unstable-worker-options`.
   * - On Node (a recent 24, or newer), `isolation` must be `"process"`. `env`, `sys` and, where Node has no `--allow-net`, `net` must
   *   be `true`. `net`, `run` and `ffi` take no lists. Node's model keeps trusted code from mistakes; it does not
   *   stop hostile code.
   *
   * @defaultValue "inherit"
   */
  permissions?: Permissions;
  /**
   * Options of `deno run` for workers that are processes of Deno: `["--config=/tasks/deno.json"]` gives the module another project
   * than the program's.
   *
   * @defaultValue the program's own options
   */
  denoOptions?: string[];
  /** Any value that can be cloned. Tasks and `setup` find it in their context; each worker has a copy, made when it starts. */
  workerData?: unknown;
  /**
   * The whole environment of each worker: `{ ...process.env, PORT: "3000" }`. For processes, and threads of Node and Bun; refused
   * elsewhere, because other threads have their program's.
   *
   * @defaultValue the program's environment
   */
  env?: Record<string, string | undefined>;
  /** Arguments of each worker, as `process.argv` has them after the program. Where `env` can be set. */
  argv?: string[];
  /**
   * Options of the runtime for each worker, in place of the program's on Node and Bun (`["--expose-gc"]`), beside them on Deno
   * (`["--v8-flags=--expose-gc"]`). Where `env` can be set, but not in a compiled program. Threads of Node take none that
   * hold for the whole process, such as those of V8: they need `isolation: "process"`.
   */
  execArgv?: string[];
  /**
   * How much memory each worker may use, in megabytes; one that needs more is lost with its tasks. For threads of Node, and
   * processes of Node and Deno; refused elsewhere.
   *
   * @example
   * ```ts
   * import { Executor } from "@polyloop/polyloop";
   *
   * await using executor = new Executor(null, {
   *   isolation: "process",
   *   workers: 1,
   *   resourceLimits: { maxOldGenerationSizeMb: 64 },
   * });
   * const hoard = () => {
   *   for (const all: number[][] = [];;) all.push(new Array(100_000).fill(all.length));
   * };
   * const error = await executor.run(hoard).catch((error) => error);
   * if (!/ran out of memory/.test(error.message)) throw error;
   * ```
   */
  resourceLimits?: ResourceLimits;
  /**
   * Maximum number of tasks that wait beyond those that the workers have slots for.
   *
   * @defaultValue `Infinity`
   */
  maxQueue?: number;
  /**
   * What happens to a task when the queue is full. `"wait"`: it waits outside the queue, and a map pulls no further input.
   * `"reject"`: it fails with a `QueueFullError`.
   *
   * @defaultValue "wait"
   */
  onFull?: "wait" | "reject";
  /**
   * Time after which an idle worker is stopped, in milliseconds; `workers.min` workers stay. `Infinity` keeps all workers. A
   * program does not end while a worker lives, so this is what lets a program end that does not call `close()`.
   *
   * @defaultValue 5,000
   */
  idleTimeout?: number;
  /**
   * When workers are replaced by fresh ones.
   *
   * @defaultValue never
   */
  recycle?: RecycleOptions;
  /**
   * Time after which a blocked event loop of a worker is reported by the event `stall`, in milliseconds. The worker gets no new
   * tasks then, and after `gracePeriod` it is replaced.
   *
   * @defaultValue `Infinity`
   */
  stallTimeout?: number;
  /**
   * Maximum time until a worker is ready, in milliseconds: until its module has loaded and `setup` has ended. After it, the worker
   * is stopped, and tasks that wait for it fail with a `ModuleLoadError`.
   *
   * @defaultValue 30,000
   */
  startTimeout?: number;
  /**
   * Where the output of tasks goes. `"inherit"`: `console.log` writes to stdout. `"stderr"`: it writes to stderr. `"event"`: all
   * that a worker writes to stdout and stderr arrives as events `workeroutput`, and is printed nowhere; for processes, and threads of
   * Node, and refused elsewhere. `"task"`: what tasks print by `console`, `process.stdout`, `process.stderr`, `Deno.stdout` and
   * `Deno.stderr` arrives as events `taskoutput`, each with its task, and is printed nowhere; other output, such as that of programs
   * that a task starts, goes to stderr. It is refused in browsers. `"asked"` is for workers over a broker: as `"task"` for the tasks
   * of runs that ask for it (`--tag`), and as `"stderr"` for others.
   *
   * @defaultValue "inherit"
   */
  console?: "inherit" | "stderr" | "event" | "task" | "asked";
  /**
   * Whether the module's `setup` and `teardown` run.
   *
   * @defaultValue true
   */
  hooks?: boolean;
  /**
   * Name of an export that is a Standard Schema, such as a zod schema. It checks every input, and a task gets what it returns. A
   * task whose input does not fit fails with a `TaskInputError`.
   *
   * @defaultValue no check
   */
  schema?: string;
  /**
   * Whether each task has a span of OpenTelemetry. This needs OpenTelemetry to be on when the executor is made: on Deno by
   * `OTEL_DENO=true`, elsewhere by a tracer provider, a context manager and a propagator of `@opentelemetry/api`.
   *
   * A span lasts from the task's first start until it settles. It is a child of the span that was active at the call. Spans of the
   * body are children of the task's span, if OpenTelemetry is on in the worker, too. On Deno it is. On Node, `--import` in
   * `execArgv` or `NODE_OPTIONS` must load the SDK. The worker exports them before it ends. Tasks with spans are sent to workers
   * one by one, which takes longer.
   *
   * @defaultValue true
   */
  tracing?: boolean;
}

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
