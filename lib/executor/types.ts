/**
 * The types of the public interface: options, handles and outcomes.
 *
 * @module
 */

import type { Isolation, ResourceLimits } from "../backends/default.ts";
import type { Movable } from "../wire/channel.ts";
import type { Encoding } from "../wire/message.ts";
import type { Permissions } from "../wire/permissions.ts";

export type { Encoding, Isolation, Movable, ResourceLimits };

/** Options of a single task. Times are milliseconds. */
export interface TaskOptions {
  /** Cancels the task when it aborts: `context.signal` aborts too, and the result rejects with the signal's reason at once. */
  signal?: AbortSignal;
  /**
   * Maximum run time of the body, in milliseconds, without the time in which other tasks hold its event loop. After it, the task
   * fails with a `TaskTimeoutError` and its signal aborts. 0 fails every task whose body does not end at once; for no limit, use
   * `Infinity`. A body that computes without a pause is ended after a second at the earliest: until then, its worker may only be
   * waiting for a core.
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

/**
 * When a failed task is tried again: after `minDelay`, then `factor` times as long each time, up to `maxDelay`. A task that
 * waits for its next attempt holds no slot.
 *
 * An error can set the delay itself, by its own `retryAfter` or that of its `cause`: a number of seconds (also as text), an HTTP
 * date, or a `Date`. So can a `Retry-After` in its `headers` or `response.headers`. A delay that is longer than timers take (24
 * days) ends the attempts. A `retryAfter` of another form is ignored and reported by the event `retryafterunknown`. With `pause`, it
 * holds for other tasks, too.
 *
 * Never tried again: a cancelled task, an input or result that cannot cross to or from a worker, a stream, and a task with
 * `transfer`, whose input is gone.
 */
export interface RetryOptions {
  /**
   * Maximum number of attempts, the first included. `Infinity` is allowed.
   *
   * @defaultValue 1
   */
  attempts?: number;
  /**
   * The delay after the first failure, in milliseconds.
   *
   * @defaultValue 200
   */
  minDelay?: number;
  /**
   * The longest delay, in milliseconds.
   *
   * @defaultValue 30,000
   */
  maxDelay?: number;
  /**
   * The factor by which each delay is longer than the one before; at least 1.
   *
   * @defaultValue 2
   */
  factor?: number;
  /**
   * The random part of each delay, from 0 (none) to 1 (all of it); `true` is 1.
   *
   * @defaultValue 0.5
   */
  jitter?: number | boolean;
  /**
   * Whether to try again after this error. If it throws, the task fails with what it throws.
   *
   * @defaultValue every error
   */
  when?: (error: unknown, attempt: number) => boolean;
  /**
   * Number of lost workers that do not count as attempts. Whatever it is, a task that was on two lost workers runs alone on the
   * third, and fails for good if that one is lost too. A worker counts as lost, too, if a task timed out on it while its event
   * loop stood still and it is not known which task held the loop.
   *
   * @defaultValue 0
   */
  losses?: number;
  /**
   * The tasks that an error's `retryAfter` pauses, whether or not the task is tried again. `"all"`: no task of the executor starts
   * before that time. `"key"`: no task with the same key of `limitPer`; if the task has no key, no task at all. Tasks that run go
   * on. After the pause, starts resume evenly: at the pace at which tasks succeeded before, which doubles until all slots are in
   * use. The event `pause` reports each pause.
   *
   * @defaultValue false
   *
   * @example A server that says when it takes requests again
   * ```ts
   * import { Executor } from "@polyloop/polyloop";
   *
   * await using executor = new Executor(null, { workers: 1, retry: { attempts: 2, pause: "all" } });
   * const request = (n: number, { attempt }: { attempt: number }) => {
   *   if (n === 1 && attempt === 1) throw Object.assign(new Error("429 Too Many Requests"), { retryAfter: 0.1 });
   *   return n;
   * };
   * await executor.run(request, 1);
   * ```
   */
  pause?: "all" | "key" | false;
}

/**
 * When a worker is replaced by a fresh one: at the first limit that it reaches. Its successor is started earlier where that can
 * be foreseen. The worker finishes its tasks, which take slots of its successor, so there are never more tasks in flight. The
 * module is loaded anew, except with `isolation: "none"`, where it is the program's own and keeps its state.
 */
export interface RecycleOptions {
  /**
   * Maximum number of tasks that a worker runs; each attempt counts. `concurrency` is never more than this.
   *
   * @defaultValue no limit
   */
  tasks?: number;
  /**
   * Maximum age of a worker, in milliseconds since it was ready.
   *
   * @defaultValue no limit
   */
  ageMs?: number;
  /**
   * Maximum size of a worker's heap, in bytes. It is looked at every quarter of a second while tasks run.
   *
   * @defaultValue no limit
   */
  heapBytes?: number;
}

/** Start at most `tasks` tasks per `perMs` milliseconds over all workers, evenly spaced. Every attempt is a start. */
export interface TaskRateOptions {
  /** Maximum number of starts per interval; greater than 0, and not necessarily a whole number. */
  tasks: number;
  /** The interval, in milliseconds. */
  perMs: number;
  /**
   * Whether the rate goes down when tasks are refused: three errors in a row with a `retryAfter` halve it. While none is refused, it
   * grows again step by step. `stats().rates` has what was found.
   *
   * @defaultValue false
   */
  auto?: boolean;
}

/** Start tasks whose weights are at most `amount` in all per `perMs` milliseconds over all workers. Every attempt is a start. */
export interface WeightRateOptions {
  /** Maximum sum of the weights of the tasks that start in an interval; greater than 0. */
  amount: number;
  /** The interval, in milliseconds. */
  perMs: number;
  /**
   * Returns what an input counts for: a number from 0 to `amount`. A task whose input counts 0 does not wait for this rate. A task
   * fails if this throws, or returns anything else.
   */
  weight(input: unknown): number;
  /**
   * The name by which a task corrects its weight: `context.used(name, amount)`. From then on, the amount counts in place of the weight.
   *
   * @defaultValue any name
   */
  name?: string;
  /**
   * Whether the rate goes down when tasks are refused: three errors in a row with a `retryAfter` halve it. While none is refused, it
   * grows again step by step. `stats().rates` has what was found.
   *
   * @defaultValue false
   */
  auto?: boolean;
}

/** A limit for the starts of tasks: by their number, or by their weights. */
export type RateOptions = TaskRateOptions | WeightRateOptions;

/** Maximum number of tasks with the same key that are on workers at the same time. */
export interface LimitPerOptions {
  /** Maximum number of tasks per key, over all workers. A cancelled or timed-out task counts until its body ends. */
  most: number;
  /**
   * Returns the key of an input. Tasks whose key is undefined have no limit. A task fails if this throws, or returns anything but
   * a string, a number or undefined.
   */
  key(input: unknown): string | number | undefined;
}

/** Options of {@link Executor.broadcast}: those of a task but `transfer`, as nothing moves to several workers, and `key`. */
export type BroadcastOptions = Omit<TaskOptions, "transfer" | "key">;

/** The inputs of `map`: a sync or async iterable. Promises among them are awaited, as `for await` does. */
export type MapInputs<I> = Iterable<I | PromiseLike<I>> | AsyncIterable<I | PromiseLike<I>>;

/** Options of {@link Executor.map}. */
export interface MapOptions<I = unknown> extends Omit<TaskOptions, "timeout" | "transfer" | "onProgress"> {
  /**
   * Whether results come in the order of their inputs. If not, they come as they are ready.
   *
   * @defaultValue true
   */
  ordered?: boolean;
  /**
   * Whether to yield a {@link MapOutcome} for each input instead of throwing at the first failure.
   *
   * @defaultValue false
   */
  settled?: boolean;
  /**
   * Maximum number of inputs that are pulled ahead of the results that were read.
   *
   * @defaultValue twice what the workers hold: their slots, and some hundreds more each while tasks take less than a millisecond
   */
  window?: number;
  /**
   * Whether an input that a task hands in by `context.add` runs also if another input has the same content. Otherwise each distinct
   * input runs once, and only inputs of an array can be compared with added ones. `false` says the same, and remembers the content
   * of each input, so that inputs of any iterable are compared.
   *
   * @defaultValue inputs are compared, and the first `context.add` ends the map with an error if its inputs are not an array
   */
  revisit?: boolean;
  /**
   * Maximum number of inputs, those that tasks hand in by `context.add` included. Further ones do not run.
   *
   * @defaultValue Infinity
   */
  maxInputs?: number;
  /** Stops early but cleanly when it aborts: no more inputs are pulled, no more tasks start, tasks that run yield their results. */
  drain?: AbortSignal;
  /** Returns the parts of an input that move to the worker instead of being copied. */
  transfer?: (input: I) => Movable[];
  /**
   * Maximum run time of each body, in milliseconds, as for a single task; or a function that returns it for an input and its
   * index. Where that returns undefined, the executor's own `timeout` holds.
   *
   * @defaultValue the executor's `timeout`
   */
  timeout?: number | ((input: I, index: number) => number | undefined);
  /**
   * Returns a signal that cancels one input: its outcome is then the signal's reason. Where it returns undefined, only the map's
   * own `signal` cancels that input, together with all others.
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

/** Options of `flatMap()`, as {@link MapOptions} has them. */
export type FlatMapOptions<I = unknown> = Omit<MapOptions<I>, "settled">;

/** The outcome of one input of a `map` with `settled`: a result or the reason of a failure, and how it came. */
export type MapOutcome<T = unknown> = PromiseSettledResult<T> & {
  /** The input's position, from 0. */
  index: number;
  /** Number of attempts; 0 if none was made. */
  attempts: number;
  /** How long the body ran, in milliseconds; 0 if it never did. */
  ms: number;
  /** The worker that ran it last; 0 if none did. */
  workerId: number;
  /** When its outcome arrived, in milliseconds of `performance.now()`. */
  endedAt: number;
  /** The sums that the attempt which gave the outcome has counted by `context.count`, by name; undefined if it counted nothing. */
  counts?: Record<string, number>;
};

/** A task under way, from {@link Executor.submit}. */
export interface TaskHandle<T = unknown> {
  /** The task's number, as its context has it. */
  readonly id: number;
  /** The result, or why there is none. */
  readonly result: Promise<T>;
  /** Whether the task waits, runs or has settled. */
  readonly state: TaskState;
  /**
   * Cancels the task: `result` rejects with `reason`, which is no unhandled rejection if nobody reads it. Does nothing once the
   * task has settled.
   *
   * @param reason What `result` rejects with. Default: a `DOMException` named `AbortError`.
   * @returns Whether the task was cancelled by this call.
   */
  cancel(reason?: unknown): boolean;
  /**
   * Changes the priority of the task. A task that waits is then behind all tasks that had this priority before. For a task that
   * runs, the priority counts if the task is tried again.
   *
   * @param priority The new priority.
   * @throws {RangeError} if `priority` is no finite number
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
  /** Position of its input among those of its map, from 0; undefined if it is of no map. */
  index: number | undefined;
  /** How long it has been on that worker, in milliseconds. */
  ms: number;
  /** Whether only its body goes on: the task was cancelled or timed out, and its promise has settled. */
  settled: boolean;
}

/** Options of {@link Executor.close}. */
export interface CloseOptions {
  /**
   * Maximum time to wait for tasks to end, in milliseconds. After it, the executor is terminated.
   *
   * @defaultValue `Infinity`
   */
  timeout?: number;
  /**
   * What happens to tasks that wait. `"finish"`: they run, and maps that are being read pull the rest of their inputs.
   * `"cancel"`: they reject with an `ExecutorClosedError`, and maps pull nothing more; tasks that run are finished.
   *
   * @defaultValue "finish"
   */
  pending?: "finish" | "cancel";
}

/** State of a task: `"pending"` waits for a slot, `"running"` is on a worker, `"settled"` has an outcome. */
export type TaskState = "pending" | "running" | "settled";

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
   * Maximum number of starts per interval, over all workers. A start is a body that begins, and each attempt counts. No `perMs`
   * milliseconds have more than `tasks` starts, from the first one on. Two starts are at least `perMs / tasks` apart; above 100
   * per second, a few tasks begin together. A late start delays the starts after it, so a few per cent fewer tasks may start.
   *
   * With `amount` and `weight`, tasks count by what they weigh, such as the tokens of a prompt. The starts of no `perMs` milliseconds
   * weigh more than `amount` in all, and the next start is as much later as the last one weighs. Several rates hold at once. Tasks
   * start in their order: a heavy one is not passed by lighter ones.
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
   * Maximum number of tasks with the same key on workers at the same time. Tasks that exceed it leave the queue until a place for
   * their key is free, so that others pass them. A `map` looks for those in its window, of at least 1,024 inputs if it is not given.
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
   * starts slower than a thread, and takes longer to send values to. A `SharedArrayBuffer` cannot be sent. `"none"`: the caller's
   * own thread and event loop.
   *
   * @defaultValue "thread"
   */
  isolation?: Isolation;
  /**
   * What new workers are after a thread could not be stopped. On Deno, a thread that is given up while it computes goes on, and
   * an endless loop keeps its core until the program ends. `"thread"`: threads as before. `"process"`: processes, which can be
   * stopped; the threads that are left are replaced as well. From then on, inputs and `workerData` must be able to cross to a
   * process. For servers that run for long. It makes no difference where threads can be stopped.
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
   *   be `true`. `net`, `run` and `ffi` take no lists. Node's model keeps trusted code from mistakes; it is no wall against
   *   hostile code.
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
   * that a task starts, goes to stderr. It is refused in browsers.
   *
   * @defaultValue "inherit"
   */
  console?: "inherit" | "stderr" | "event" | "task";
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
