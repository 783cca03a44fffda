/**
 * The types of the public interface: options, handles, outcomes, and how a module's functions become
 * the signatures of `run` and `map`.
 *
 * @module
 */

import type { Isolation, ResourceLimits } from "../backends/default.ts";
import type { Movable } from "../wire/channel.ts";
import type { Encoding } from "../wire/message.ts";
import type { Permissions } from "../wire/permissions.ts";
import type { TaskContext } from "../worker/context.ts";

export type { Encoding, Isolation, Movable, ResourceLimits };

/** Options of a single task. Times are milliseconds. */
export interface TaskOptions {
  /** Cancels the task: its own `context.signal` aborts, and the result rejects with the reason at once. */
  signal?: AbortSignal;
  /**
   * Maximum run time of the body, in milliseconds, without the time in which other tasks hold its event loop. After it, the task
   * fails with a `TaskTimeoutError` and its signal aborts. 0 fails every task whose body does not end at once; for no limit, use
   * `Infinity`.
   *
   * @defaultValue `Infinity`
   */
  timeout?: number;
  /** How long the task may wait for a slot. Then it fails with a `TaskTimeoutError`. No limit by default. */
  queueTimeout?: number;
  /** How long a cancelled body may go on before its worker is replaced. 5,000 by default. */
  gracePeriod?: number;
  /** Whether and when a task that failed is tried again. Not by default. */
  retry?: RetryOptions;
  /** Tasks with a higher one start first. 0 by default. */
  priority?: number;
  /** Tasks with the same key run on the same worker (while it lives), so that what it caches is there. */
  key?: string | number;
  /** What moves to the worker instead of being copied. A process takes buffers alone; streams and ports are refused. */
  transfer?: Movable[];
  /** Receives what the body hands to `context.progress`. */
  onProgress?: (value: unknown) => void;
  /** Text in, text out: the worker does the parsing. Values both ways by default. */
  encoding?: Encoding;
}

/**
 * When a task that failed is tried again: after `minDelay`, then `factor` times as long each time, up to
 * `maxDelay`. An error's `retryAfter`, of its own or of its `cause`, sets the delay itself: seconds as a number or text, an
 * HTTP date, or a `Date`. So does a `Retry-After` in its `headers` or in its `response.headers`. One that is longer than
 * timers take (24 days) means that it is not tried again; one in no such form is told by `retryafterunknown`, and ignored.
 * A task that waits holds no slot. Never tried again: what was cancelled, an input or result that cannot
 * cross, a stream, and a task with `transfer`, whose input is gone.
 */
export interface RetryOptions {
  /** How often a task may be tried in all. 1 by default. */
  attempts?: number;
  /** The delay after the first failure, in milliseconds. 200 by default. */
  minDelay?: number;
  /** The longest delay, in milliseconds. 30,000 by default. */
  maxDelay?: number;
  /** By how much each delay is longer than the one before. 2 by default. */
  factor?: number;
  /** The part of each delay that is left to chance, from 0 to 1; `true` is all of it. 0.5 by default. */
  jitter?: number | boolean;
  /** Whether this error is worth another attempt. Every error is, by default. */
  when?: (error: unknown, attempt: number) => boolean;
  /**
   * How many lost workers are not counted as attempts. 0 by default. Whatever it is, a task that was on two
   * lost workers runs alone on the third, and fails for good if that is lost too. A worker on which a task
   * timed out while its loop stood still, and it is not known for whom, counts as lost, and the task runs alone next.
   */
  losses?: number;
}

/**
 * When a worker is replaced by a fresh one: whichever comes first. Its successor is started before that, where it can be
 * foreseen, and the worker finishes its tasks; what it has left takes slots of its successor's, so that there are never more
 * tasks in flight. The module's state is fresh, but for isolation `"none"`, where it is the program's own.
 */
export interface RecycleOptions {
  /**
   * A worker runs no more tasks than this, each attempt counted. If `concurrency` is more, it is this too. A fresh worker
   * loads the module anew, but for `isolation: "none"`, where it is the program's own and keeps its state.
   */
  tasks?: number;
  /** At this age, in milliseconds. */
  ageMs?: number;
  /** Once its heap has this many bytes (looked at every quarter of a second while tasks run). */
  heapBytes?: number;
}

/**
 * How many tasks may start per time, over all workers: `tasks` in `perMs` milliseconds, evenly spaced. Every attempt
 * is a start.
 */
export interface RateOptions {
  /** So many tasks. */
  tasks: number;
  /** In so many milliseconds. */
  perMs: number;
}

/** How many tasks of a kind may be on workers at once. */
export interface LimitPerOptions {
  /** So many tasks with the same key, over all workers. One that was cancelled or timed out counts until its body ends. */
  most: number;
  /** The key of an input. Tasks for which it is undefined have no limit; if it throws, the task fails of that. */
  key(input: unknown): string | number | undefined;
}

/** Options of {@link Executor.broadcast}. Nothing can move to several workers at once, and each worker has its own task: no `transfer`, no `key`. */
export type BroadcastOptions = Omit<TaskOptions, "transfer" | "key">;

/** What `map` takes inputs from. Promises among the inputs are awaited, as `for await` does. */
export type MapInputs<I> = Iterable<I | PromiseLike<I>> | AsyncIterable<I | PromiseLike<I>>;

/** Options of {@link Executor.map}. */
export interface MapOptions<I = unknown> extends Omit<TaskOptions, "timeout" | "transfer" | "onProgress"> {
  /** Whether results come in the order of their inputs. True by default. */
  ordered?: boolean;
  /** Whether to yield a {@link MapOutcome} for each input instead of throwing at the first failure. */
  settled?: boolean;
  /**
   * How many inputs may be pulled ahead of the results that were read. By default, twice what the workers
   * hold: their slots, and some hundreds more each while tasks take less than a millisecond.
   */
  window?: number;
  /** Stops early but cleanly: no more inputs, nothing more is started, what runs still yields its result. */
  drain?: AbortSignal;
  /** What of an input moves to the worker instead of being copied. */
  transfer?: (input: I) => Movable[];
  /**
   * How long a body may run by itself, in milliseconds, as for a single task, or a function that says so of each input and
   * its index. Where that returns undefined, the executor's own `timeout` holds.
   */
  timeout?: number | ((input: I, index: number) => number | undefined);
  /**
   * A signal that cancels one input: its outcome is the signal's reason. The map's own `signal` ends the whole map. Where
   * the function returns undefined, nothing but the map's signal cancels that input.
   *
   * @example Inputs that are cancelled one by one
   * ```ts
   * import { Executor } from "@polyloop/polyloop";
   *
   * await using executor = new Executor(null, { workers: 1 });
   * const gone = AbortSignal.abort(new Error("nobody waits for this one"));
   * const outcomes = await executor.map((n: number) => n * 2, [1, 2, 3], {
   *   settled: true,
   *   inputSignal: (_, index) => index === 1 ? gone : undefined,
   * }).toArray();
   * if (outcomes.map(({ status }) => status).join() !== "fulfilled,rejected,fulfilled") throw new Error("unexpected");
   * ```
   */
  inputSignal?: (input: I, index: number) => AbortSignal | undefined;
}

/** What became of one input of a `map` with `settled`. */
export type MapOutcome<T = unknown> = PromiseSettledResult<T> & {
  /** The input's position, from 0. */
  index: number;
  /** How often the task was tried. */
  attempts: number;
  /** How long the body ran, in milliseconds; 0 if it never did. */
  ms: number;
  /** The worker that ran it last; 0 if none did. */
  workerId: number;
  /** When its outcome arrived, in milliseconds of `performance.now()`. */
  endedAt: number;
};

/** A task under way, from {@link Executor.submit}. */
export interface TaskHandle<T = unknown> {
  /** The task's number, as its context has it. */
  readonly id: number;
  /** The result, or why there is none. */
  readonly result: Promise<T>;
  /** Where the task is. */
  readonly state: TaskState;
  /**
   * Cancels the task: `result` rejects with `reason` (an `AbortError` by default), which is no unhandled rejection if nobody
   * reads it. Does nothing once the task has settled.
   *
   * @returns whether it was cancelled by this call
   */
  cancel(reason?: unknown): boolean;
  /**
   * Changes the priority of a task that waits: from now on it stands behind all that had this priority before. One that runs
   * has it if it is tried again.
   *
   * @throws {RangeError} if it is no finite number
   */
  setPriority(priority: number): void;
}

/** A task that is on a worker, from {@link Executor.running}. */
export interface TaskInFlight {
  /** The task's number, as its context has it. */
  taskId: number;
  /** The task's name, as it was given. */
  task: string;
  /** The worker that it is on. */
  workerId: number;
  /** Where its input stands among those of its map, from 0. */
  index: number | undefined;
  /** How long it has been on that worker, in milliseconds. */
  ms: number;
  /** Whether only its body goes on: it was cancelled or timed out, so its result has been told already. */
  settled: boolean;
}

/** Options of {@link Executor.close}. */
export interface CloseOptions {
  /** How long to wait for tasks to end, in milliseconds; then the executor is terminated. No limit by default. */
  timeout?: number;
  /**
   * What becomes of tasks that wait. `"finish"` (default): they run, and maps that are being read pull the rest of their
   * inputs. `"cancel"`: they reject with an `ExecutorClosedError`, maps pull nothing more; what runs is finished.
   */
  pending?: "finish" | "cancel";
}

/** Where a task is: waiting for a slot, on a worker, or done. */
export type TaskState = "pending" | "running" | "settled";

/** Options of an executor; the task options among them are defaults for its tasks. Times are milliseconds. */
export interface ExecutorOptions
  extends Pick<TaskOptions, "timeout" | "queueTimeout" | "gracePeriod" | "retry" | "priority" | "encoding"> {
  /**
   * How many workers there may be, as a number, or as bounds. By default one per core (one in all with
   * `isolation: "none"`). They start as tasks come.
   */
  workers?: number | { min?: number; max?: number };
  /**
   * Tasks in flight per worker. 16 by default. `"auto"` finds its level: from 8 it grows as long as more tasks per
   * second end well, tries a quarter more and a quarter less now and then, and takes a step back when more of them fail
   * than before or a worker's event loop runs late by more than a tenth of a second.
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
   * How many tasks may start per time, over all workers; attempts after the first count as well. No `perMs` milliseconds
   * have more starts than `tasks`, from the first on, and two are at least `perMs / tasks` apart (above 100 per second,
   * a few begin together). A start is a body that begins, and the next counts from then: what is late is not made up
   * for, so a few per cent less may start. No limit by default.
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
   */
  rate?: RateOptions;
  /**
   * How many tasks of a kind may be on workers at once; those that have to wait are passed by others. A `map` looks for
   * these in its window, of 1,024 inputs at least if it is not given. No limit by default.
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
   * `"thread"`: workers are threads (default). `"process"`: workers are processes, which may run out of memory or
   * crash without harm to the caller; they start slower, inputs and results take longer to cross, and a
   * `SharedArrayBuffer` cannot. `"none"`: the same loop, in this thread.
   */
  isolation?: Isolation;
  /**
   * What workers are after a thread could not be stopped: on Deno, one that is given up while it computes goes on, and an endless
   * loop keeps its core until the program ends. `"thread"` (default): threads as before. `"process"`: processes, which can
   * be stopped; threads that are left are replaced as well. For servers that run for long; what must cross to a process holds for
   * inputs and `workerData` from the first such thread on. No difference where threads can be stopped.
   */
  onStuckThread?: "thread" | "process";
  /**
   * What tasks may do, in Deno's words: `{ read: ["/data"], net: true }`, `"none"`, or `"inherit"` (default). What is
   * left out is denied; the module and what it imports load in any case. What the runtime cannot enforce is refused:
   * on Deno, threads need `--unstable-worker-options`; on Node (a recent 24, or newer), `isolation` must be `"process"`, `env`,
   * `sys` and, where it has no `--allow-net`, `net` must be `true`, and of `net`, `run` and `ffi` there are no lists.
   * Node's model keeps trusted code from mistakes; it is no wall against hostile code.
   */
  permissions?: Permissions;
  /**
   * Options of `deno run` for workers that are processes of Deno, by which the module has another project than the
   * program: `["--config=/tasks/deno.json"]`. By default processes have the program's.
   */
  denoOptions?: string[];
  /** Handed to every task and to `setup` in its context, one copy per worker, made as that starts. */
  workerData?: unknown;
  /**
   * The whole environment of each worker, in place of the program's: `{ ...process.env, PORT: "3000" }`. For processes, and
   * threads of Node and Bun; refused elsewhere, because other threads have their program's.
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
  /** How many tasks may wait beyond those that the workers have slots for. No limit by default. */
  maxQueue?: number;
  /** What happens to a task that finds the queue full: it waits outside (default), or is rejected. */
  onFull?: "wait" | "reject";
  /**
   * How long a worker may be idle before it is stopped, down to `workers.min`. 5,000 by default;
   * `Infinity` keeps workers for good. Deno cannot let a program end while a worker lives, so this is
   * what lets a program end that forgot `close()`.
   */
  idleTimeout?: number;
  /** When workers are replaced by fresh ones. Never by default. */
  recycle?: RecycleOptions;
  /**
   * How long a worker with tasks may be silent, its event loop blocked, before a `stall` event names them. It
   * gets no new ones then, and after `gracePeriod` it is replaced. No limit by default.
   */
  stallTimeout?: number;
  /**
   * How long a worker may take until it is ready: until its module has loaded and `setup` has ended. Then it is stopped, and
   * tasks that wait for it fail with a `ModuleLoadError`. 30,000 by default; `Infinity` is no limit.
   */
  startTimeout?: number;
  /**
   * Where a task's `console.log` goes: to stdout as usual (default), or to stderr. With `"event"`, all that a worker writes to
   * stdout and stderr arrives as `workeroutput` events, and is printed nowhere. Processes have that on every runtime, threads
   * on Node; elsewhere it is refused.
   */
  console?: "inherit" | "stderr" | "event";
  /** Whether the module's `setup` and `teardown` run. True by default. */
  hooks?: boolean;
  /**
   * The name of an export that checks every input before its task gets it, and gives what the task gets: a Standard
   * Schema, such as a zod schema. An input that does not fit fails with a `TaskInputError`. None by default.
   */
  schema?: string;
  /**
   * Whether each task has a span of OpenTelemetry, where that is on when the executor is made: under `OTEL_DENO=true` on
   * Deno, elsewhere once `@opentelemetry/api` knows a tracer provider, a context manager and a propagator. A span lasts
   * from the task's first start until it settles, is a child of the span that was active at `run`, `map` and the like,
   * and crosses to the worker: where OpenTelemetry is on there too (on Deno it is, on Node if `--import` of `execArgv` or
   * `NODE_OPTIONS` loads the SDK), what the body does is its child, and is exported before the worker ends. True by
   * default; tasks with spans are sent one by one, which takes longer.
   */
  tracing?: boolean;
}

/** One of the tasks of {@link Executor.executeTasks}. */
export type TaskRequest<M> = {
  [K in TaskName<M>]: TaskOptions & { task: K; input?: TaskInput<M[K]> };
}[TaskName<M>];

/** Any function that can be a task. */
// deno-lint-ignore no-explicit-any -- `unknown` parameters would refuse every function that states its own.
export type AnyTask = (input: any, context: TaskContext) => unknown;

/** A module of which nothing is known: any name, any input, any result. */
// deno-lint-ignore no-explicit-any -- it is the caller who left the types out.
export type AnyModule = Record<string, (input?: any, context?: any) => any>;

/** What can be run of a module. */
export interface TasksOf<M> {
  /**
   * The names of the functions that it exports, without `setup` and `teardown`. A member, because messages of the
   * compiler list the names of what is looked up so; of a type's name they say only the name.
   */
  names: {
    // deno-lint-ignore no-explicit-any -- matches every function, whatever it takes.
    [K in keyof M & string]: M[K] extends (...args: any[]) => unknown
      ? (K extends "setup" | "teardown" ? never : K)
      : never;
  }[keyof M & string];
}

/** The names of the functions that a module exports, without `setup` and `teardown`. */
export type TaskName<M> = TasksOf<M>["names"];

/** What a task takes. */
// deno-lint-ignore no-explicit-any -- a task without parameters takes anything.
export type TaskInput<F> = F extends () => unknown ? any
  // deno-lint-ignore no-explicit-any -- whatever else it takes does not matter here.
  : F extends (input: infer I, ...rest: any[]) => unknown ? I
  : never;

/** A task's input and options as arguments. The input may be left out if it may be `undefined`. */
export type TaskArguments<I> = undefined extends I ? [input?: I, options?: TaskOptions]
  : [input: I, options?: TaskOptions];

/** The input and options of a task that is a function. For a string, which is none, no call has enough arguments. */
export type FunctionArguments<F> = F extends string ? [never, never, never, never]
  : TaskArguments<TaskInput<F>>;

/** What a task results in: what it returns, awaited; the array of what it yields if it is a generator. */
// deno-lint-ignore no-explicit-any -- as above.
export type TaskOutput<F> = F extends (...args: any[]) => infer R
  // deno-lint-ignore no-explicit-any -- a generator's other two types do not matter here.
  ? R extends Generator<infer Y, any, any> | AsyncGenerator<infer Y, any, any> ? Y[] : Awaited<R>
  : never;

/** What a task's stream yields. */
// deno-lint-ignore no-explicit-any -- as above.
export type TaskYield<F> = F extends (...args: any[]) => infer R
  ? Awaited<R> extends Iterable<infer Y> | AsyncIterable<infer Y> ? Y : never
  : never;
