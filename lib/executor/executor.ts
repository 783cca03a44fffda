/**
 * The executor: the public face of the pool. It wires the parts and decides nothing itself; it is long
 * because each method states its types and what it promises.
 *
 *     caller's side                                        │  worker's side
 *                                                          │
 *     run ─┐                                               │
 *     map ─┼─▶ Task ─▶ TaskQueue ─▶ Dispatcher             │
 *     … ───┘     ▲                      │                  │
 *                │ settle               ▼                  │
 *                └───────────── WorkerHandle ── Outbox ────┼──▶ TaskLoop ─▶ target(input, context)
 *                 Limits cancel   (in flight)  ◀───────────┼─── replies, batched
 *                                       ▲                  │
 *                                     Pool ── Backend ─────┼──▶ starts the worker, notices its end
 *
 * @module
 */

import type { Backend } from "../backends/backend.ts";
import { backendFor, refuseOldRuntime, resolveModule, type StartWorker } from "../backends/default.ts";
import { ExecutorClosedError, QueueFullError, type WorkerLostError } from "../errors.ts";
import { boundToCall } from "./calls/call_context.ts";
import {
  checkNames,
  count as checkCount,
  finite,
  flag,
  iterableOf,
  keyOf,
  oneOf,
  signalOf,
  time,
} from "./checks.ts";
import { after } from "./deadlines.ts";
import { Feed, type FeedSink } from "./calls/feed.ts";
import { Dispatcher } from "./queue/dispatcher.ts";
import type { InFlightInput } from "./pool/in_flight.ts";
import { type OptionsOfInput, optionsOfInputs } from "./calls/input_options.ts";
import { Limits } from "./queue/limits.ts";
import { Idle } from "./calls/idle.ts";
import { LevelFinder } from "./queue/level_finder.ts";
import { Listeners } from "./calls/listeners.ts";
import { MapResults } from "./calls/map.ts";
import { letMicrotasksRun } from "./microtasks.ts";
import {
  concurrencyOf,
  type ResolvedOptions,
  type ResolvedTaskOptions,
  resolveOptions,
  resolveTaskOptions,
  resolveWindow,
} from "./options.ts";
import { BROADCAST_OPTIONS, CLOSE_OPTIONS, MAP_OPTIONS, REQUEST_OPTIONS } from "./option_names.ts";
import { Pool } from "./pool/pool.ts";
import { Rate } from "./queue/rate.ts";
import { Readers } from "./calls/readers.ts";
import { Retries } from "./queue/retry.ts";
import { Runs } from "./calls/series.ts";
import { slotOf } from "./pool/position.ts";
import { Counters, type ExecutorStats } from "./stats.ts";
import { stuckThreadText } from "./pool/stuck_threads.ts";
import { STREAM_WINDOW, TaskStream } from "./calls/stream.ts";
import { TargetTable, type TaskReference, type TaskTarget } from "./calls/target_table.ts";
import { Task, type TaskObserver, type TaskWaiter } from "./calls/task.ts";
import { Tracing } from "./calls/tracing.ts";
import type { SpanAttributes } from "../wire/telemetry.ts";
import { TaskQueue } from "./queue/task_queue.ts";
import type {
  AnyModule,
  AnyTask,
  BroadcastOptions,
  CloseOptions,
  ExecutorOptions,
  FunctionArguments,
  MapInputs,
  MapOptions,
  MapOutcome,
  TaskArguments,
  TaskHandle,
  TaskInFlight,
  TaskInput,
  TaskOptions,
  TaskOutput,
  TaskRequest,
  TasksOf,
  TaskYield,
} from "./types.ts";

/** The options of {@link Executor.feed}. */
export interface FeedOptions extends Omit<MapOptions<never>, "ordered" | "settled" | "window"> {
  /** Where the first input stands among all, as bodies see it. They see no `context.index` if it is left out. */
  firstInput?: number;
  /** What the span of an input says of it. Default: `polyloop.input.index`. */
  spanOf?: (index: number) => SpanAttributes;
}

/** The events of an executor, each a `CustomEvent` with this `detail`. */
export interface ExecutorEvents {
  /** A worker is ready. */
  workerstart: CustomEvent<{ workerId: number }>;
  /** A worker ended without having been told to; `tasks` were on it. */
  workerlost: CustomEvent<{ workerId: number; error: WorkerLostError; tasks: number }>;
  /** Attempt number `attempt` of a task failed with `error`; the next comes after `delay` milliseconds. */
  retry: CustomEvent<{ taskId: number; task: string; attempt: number; error: unknown; delay: number }>;
  /**
   * A task's error has a `retryAfter` that is neither seconds nor a date; the usual delay holds. Unless
   * `preventDefault()` is called, the console says so, once.
   */
  retryafterunknown: CustomEvent<{ taskId: number; task: string; retryAfter: unknown }>;
  /**
   * A task has failed, and is not tried again: it threw, timed out, was lost or cancelled. `attempts` is the number of its
   * attempts, `index` that of its input in a map. There is none for a task that was refused, and none for an input of a map
   * that was dropped before it was sent.
   */
  taskfailed: CustomEvent<
    { taskId: number; task: string; index: number | undefined; error: unknown; attempts: number }
  >;
  /** A worker's event loop has been blocked for `silence` milliseconds, with these tasks on it. */
  stall: CustomEvent<{ workerId: number; silence: number; tasks: { taskId: number; task: string }[] }>;
  /** No task is pending or in flight any more. */
  idle: CustomEvent<Record<string, never>>;
  /**
   * A worker was given up, and its thread computes on: this runtime cannot stop it (Deno). Unless `preventDefault()` is
   * called, the console says so, once.
   */
  threadstuck: CustomEvent<{ workerId: number }>;
  /** A worker has written `text` to its stdout or stderr, where the option `console` is "event". It need not be whole lines. */
  workeroutput: CustomEvent<{ workerId: number; stream: "stdout" | "stderr"; text: string }>;
  /** The module's `teardown` threw on a worker. Unless `preventDefault()` is called, the console says so. */
  teardownfailed: CustomEvent<{ workerId: number; error: unknown }>;
}

/** The events of which the console tells unless a listener prevents it. */
const CANCELABLE = new Set<keyof ExecutorEvents>(["teardownfailed", "retryafterunknown", "threadstuck"]);

/**
 * Runs the functions of a module on a pool of workers, many at a time on each.
 *
 * `module` is where the functions are exported: a URL, or a path relative to the working directory; `null`
 * where only inline functions are run. In a program that a bundler makes, it is a function that starts a worker, whose
 * entry hands the module to `serve()` (see {@link StartWorker}). Nothing starts before the first task or
 * {@link Executor.ready}.
 *
 * @example A typed module
 * ```ts
 * import { Executor } from "@polyloop/polyloop";
 *
 * await using executor = new Executor<typeof import("../../tests/examples/sha256.ts")>(
 *   new URL("../../tests/examples/sha256.ts", import.meta.url),
 *   { workers: 2 },
 * );
 * const line = await executor.run("sha256sum", "LICENSE");
 * console.log(line);
 * ```
 *
 * @example An inline function
 * ```ts
 * import { Executor } from "@polyloop/polyloop";
 *
 * await using executor = new Executor(null, { workers: 2 });
 * const squares = await executor.map((n: number) => n * n, [1, 2, 3]).toArray();
 * if (squares.join() !== "1,4,9") throw new Error("unexpected");
 * ```
 */
export class Executor<M = AnyModule> extends EventTarget {
  readonly #options: ResolvedOptions;
  readonly #targets = new TargetTable();
  readonly #limits = new Limits();
  readonly #counters = new Counters();
  readonly #listeners = new Listeners();
  readonly #queue: TaskQueue;
  readonly #pool: Pool;
  readonly #dispatcher: Dispatcher;
  readonly #retries = new Retries({
    waits: (task, error, delay) => {
      task.particulars.trace?.retried(task, error);
      this.#counters.attempted(task);
      task.retried(error);
      this.#limits.stopped(task);
      this.#counters.retries++;
      const { id: taskId, attempt, target: { spec } } = task;
      this.#emit("retry", { taskId, task: spec.name, attempt, error, delay });
    },
    misunderstood: ({ id: taskId, target: { spec } }, retryAfter) => {
      const unseen = this.#emit("retryafterunknown", { taskId, task: spec.name, retryAfter });
      if (!unseen || this.#warned) return;
      // Once, because a server that sends it sends it with each reply.
      this.#warned = true;
      console.warn(
        "polyloop: retryAfter is ignored, because it is neither seconds nor an HTTP date:",
        retryAfter,
      );
    },
    due: (task) => this.#waitAgain(task),
    removed: () => this.#dispatcher.schedule(),
  });
  /** Whether anyone has ever listened to `taskfailed`. */
  #hearsFailures = false;
  /** Whether the console has been told of a `retryAfter` in no known form. */
  #warned = false;
  /** Whether it has been told of a thread that is stuck. */
  #warnedOfThread = false;
  #lastTaskId = 0;
  /** Whether calls of `run()` without options may wait together, */
  readonly #mayGather: boolean;
  /** those that do now, to which the next may be added, */
  #runs: Runs | undefined;
  /** and what the last one that does not was for. */
  #lastRun: TaskTarget | undefined;
  /** Makes spans, where OpenTelemetry is on. */
  readonly #tracing: Tracing | undefined;
  /** Finds how many tasks each worker has in flight, if that is to be found. */
  readonly #level: LevelFinder | undefined;
  /** The iterators that are being read. */
  readonly #readers = new Readers(() => this.#dispatcher.schedule());
  readonly #idle = new Idle(() => this.#emit("idle", {}));
  #isPaused = false;
  /** Whether no more calls are taken. */
  #closed = false;
  /** Whether nothing starts any more, not even what was handed in before. */
  #over = false;
  /** Why a task that comes back is not to wait again, once what waits is dropped. */
  #dropped: (() => ExecutorClosedError) | undefined;
  /** The time, read once per turn. */
  #now: number | undefined;
  #startedAt: number | undefined;
  /** How long there were slots, each by itself, until a certain time, in milliseconds. */
  #slotTime = { total: 0, until: 0 };
  #drained: PromiseWithResolvers<void> | undefined;
  #closing: Promise<void> | undefined;
  #terminating: Promise<void> | undefined;

  /**
   * Takes a module's URL or path, a function that starts a worker (where a bundler has to see it), or null for
   * functions that are sent as source.
   *
   * @throws {Error} if the runtime is too old: it says which version is needed
   * @throws {RangeError} if an option's number is out of range
   * @throws {TypeError} if an option is of the wrong kind, or this runtime has no such workers
   * @throws {PermissionsUnsupportedError} if `permissions` cannot be enforced here
   */
  constructor(module: URL | string | StartWorker | null, options: ExecutorOptions = {}) {
    super();
    refuseOldRuntime();
    this.#options = resolveOptions(options);
    this.#tracing = this.#options.tracing ? Tracing.find((taskId) => this.#pool.keyOf(taskId)) : undefined;
    const { task } = this.#options;
    // Calls that wait together have options in common, and a function among these has a context for each call.
    this.#mayGather = !this.#areSingle(task) && boundToCall(task) === task;
    this.#queue = new TaskQueue({
      capacity: Math.max(1, this.#options.maxQueue),
      limitPer: this.#options.limitPer,
      changed: () => this.#dispatcher.schedule(),
    });
    const rate = this.#options.rate && new Rate(this.#options.rate);
    this.#pool = new Pool({
      backend: backendFor(module, this.#options),
      processes: this.#processesFor(module),
      module: resolveModule(module),
      options: this.#options,
      events: {
        changed: () => this.#dispatcher.schedule(),
        begun: (isFirst) => {
          rate?.begun(performance.now(), isFirst);
          this.#dispatcher.schedule();
        },
        returned: (task) => {
          this.#limits.stopped(task);
          this.#waitAgain(task);
        },
        measured: () => {
          this.#level?.measured();
          this.#dispatcher.schedule();
        },
        workerStarted: (workerId) => this.#emit("workerstart", { workerId }),
        workerLost: (workerId, error, tasks) => this.#emit("workerlost", { workerId, error, tasks }),
        stalled: (handle, silence) =>
          this.#emit("stall", { workerId: handle.id, silence, tasks: handle.tasks() }),
        output: (workerId, stream, text) => void this.#emit("workeroutput", { workerId, stream, text }),
        teardownFailed: (workerId, error) => {
          const unseen = this.#emit("teardownfailed", { workerId, error });
          if (unseen) console.error("polyloop: teardown failed:", error);
        },
        threadStuck: (workerId) => {
          const unseen = this.#emit("threadstuck", { workerId });
          if (!unseen || this.#warnedOfThread) return;
          // Once: the advice is the same for each.
          this.#warnedOfThread = true;
          const advice =
            'Run tasks that may never end with isolation: "process", or set onStuckThread: "process"';
          console.warn(`polyloop: ${stuckThreadText(this.#options.onStuckThread, advice)}.`);
        },
        stuck: (error, slot) => this.#queue.failAll(() => error, slot),
      },
    });
    if (this.#options.autoConcurrency) {
      this.#level = new LevelFinder({
        pool: this.#pool,
        queue: this.#queue,
        counters: this.#counters,
        change: (concurrency) => this.#setSlots(concurrency),
      });
    }
    this.#dispatcher = new Dispatcher({
      queue: this.#queue,
      pool: this.#pool,
      rate,
      onStart: (task) => {
        this.#limits.started(task);
        this.#counters.started(task, this.#turn());
      },
      onStartChunk: (chunk) => this.#counters.startedChunk(chunk, this.#turn()),
      onRound: () => {
        this.#now = undefined;
        this.#level?.look();
        this.#lookAround();
      },
    });
  }

  /**
   * Runs one task and resolves with its result.
   *
   * `task` is the name of an export (`"default"` for the default export), or a function: it is sent as
   * source text, so it must not use anything from around it.
   *
   * `input` is copied when it is sent to a worker, not when this is called: change it once the task has settled, or hand
   * over `structuredClone(input)`.
   *
   * Rejects with what the task throws, with the signal's reason when it is cancelled, or with one of
   * `TaskTimeoutError`, `TaskCloneError`, `TaskNotFoundError`, `WorkerLostError`, `ModuleLoadError`,
   * `QueueFullError`, `ExecutorClosedError`.
   */
  // TypeScript 7 reports only the last overload that does not fit: here and below it is the one with the names. The first one
  // takes a string as well, with more arguments than anyone passes: so no compiler reports that a name is no function.
  run<F extends AnyTask | string>(task: F, ...args: FunctionArguments<F>): Promise<TaskOutput<F>>;
  /** Runs an export of the module, by its name. */
  run<K extends TasksOf<M>["names"]>(
    task: K,
    ...args: TaskArguments<TaskInput<M[K]>>
  ): Promise<TaskOutput<M[K]>>;
  run(task: TaskReference, input?: unknown, options?: TaskOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const runs = options === undefined ? this.#runsOf(task) : undefined;
      if (runs) runs.add(input, resolve, reject);
      else this.#submit(task, input, options, { resolve, reject });
    });
  }

  /** The same as {@link run}, as a handle that can be asked and cancelled. */
  submit<F extends AnyTask | string>(task: F, ...args: FunctionArguments<F>): TaskHandle<TaskOutput<F>>;
  /** Runs an export of the module, by its name, and returns its handle. */
  submit<K extends TasksOf<M>["names"]>(
    task: K,
    ...args: TaskArguments<TaskInput<M[K]>>
  ): TaskHandle<TaskOutput<M[K]>>;
  submit(task: TaskReference, input?: unknown, options?: TaskOptions): TaskHandle {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const submitted = this.#submit(task, input, options, { resolve, reject });
    return {
      id: submitted.id,
      result: promise,
      get state() {
        return submitted.state;
      },
      cancel: (reason = new DOMException("The task was cancelled", "AbortError")) => {
        if (submitted.state === "settled") return false;
        // Who cancels knows: that is no unhandled rejection.
        promise.catch(() => {});
        submitted.cancel(reason);
        return true;
      },
      setPriority: (priority) => submitted.setPriority(finite("priority", priority)),
    };
  }

  /**
   * Runs a task for each of many inputs. The results are an async iterable, in the order of the inputs
   * unless `ordered` is false; inputs are pulled no further than `window` ahead of what was read. Promises among the inputs
   * are awaited one by one, as `for await` does: no further input is pulled until then, and the first that rejects ends the map.
   *
   * The first failure is thrown and cancels the rest; with `settled`, outcomes are yielded and nothing is
   * thrown. Leaving the loop early cancels what is under way and waits until none of it runs any more.
   *
   * @example
   * ```ts
   * import { Executor } from "@polyloop/polyloop";
   *
   * await using executor = new Executor(null, { workers: 2 });
   * function* naturals() {
   *   for (let n = 1;; n++) yield n;
   * }
   * for await (const square of executor.map((n: number) => n * n, naturals())) {
   *   if (square > 100) break;
   * }
   * ```
   */
  map<F extends AnyTask>(
    task: F,
    inputs: MapInputs<TaskInput<F>>,
    options: MapOptions<TaskInput<F>> & { settled: true },
  ): MapResults<MapOutcome<TaskOutput<F>>>;
  /** The results of a self-contained function, which is sent as source. */
  map<F extends AnyTask>(
    task: F,
    inputs: MapInputs<TaskInput<F>>,
    options?: MapOptions<TaskInput<F>>,
  ): MapResults<TaskOutput<F>>;
  /** The outcomes of an export of the module, by its name. */
  map<K extends TasksOf<M>["names"]>(
    task: K,
    inputs: MapInputs<TaskInput<M[K]>>,
    options: MapOptions<TaskInput<M[K]>> & { settled: true },
  ): MapResults<MapOutcome<TaskOutput<M[K]>>>;
  /** The results of an export of the module, by its name. */
  map<K extends TasksOf<M>["names"]>(
    task: K,
    inputs: MapInputs<TaskInput<M[K]>>,
    options?: MapOptions<TaskInput<M[K]>>,
  ): MapResults<TaskOutput<M[K]>>;
  map(
    task: TaskReference,
    inputs: MapInputs<unknown>,
    options: MapOptions<never> = {},
  ): MapResults<unknown> {
    checkNames(options, MAP_OPTIONS, { subject: "option of map()" });
    const { ordered = true, settled = false, window, drain, ...feedOptions } = options;
    return new MapResults({
      inputs,
      window: resolveWindow(window, this.#options, this.#pool),
      slots: () => this.#pool.slots,
      open: this.#readers,
      ordered: flag("ordered", ordered),
      settled: flag("settled", settled),
      signal: options.signal,
      drain: signalOf("drain", drain),
      isClosed: () => this.#closed,
      openFeed: (sink) => this.feed(task, sink, { drain, firstInput: 0, ...feedOptions }),
    });
  }

  /**
   * The way by which {@link map} hands in its inputs and hears of them, for a program that has them in blocks and
   * counts by itself, as the command line does.
   *
   * @internal
   */
  feed(task: TaskReference, sink: FeedSink, options: FeedOptions): Feed {
    const { drain, firstInput, transfer, inputSignal, timeout, spanOf, ...others } = options;
    // Checked and filled in once for all inputs.
    const taskOptions = typeof timeout === "function" ? others : { ...others, timeout };
    const shared = boundToCall(resolveTaskOptions(taskOptions, this.#options.task));
    return this.#openFeed({
      target: this.#targets.find(task, shared.encoding),
      shared,
      drain,
      firstInput,
      each: optionsOfInputs({ transfer, inputSignal, timeout }, shared),
      spanOf,
      sink,
    });
  }

  /**
   * Runs a generator task and yields what it yields, as it comes: a value leaves its worker before the generator goes on,
   * also if that computes all the time. A reader that is slow slows the generator; one that leaves aborts its signal, and
   * closes it at its next `yield`.
   */
  stream<F extends AnyTask | string>(task: F, ...args: FunctionArguments<F>): TaskStream<TaskYield<F>>;
  /** Runs a generator that the module exports, by its name. */
  stream<K extends TasksOf<M>["names"]>(
    task: K,
    ...args: TaskArguments<TaskInput<M[K]>>
  ): TaskStream<TaskYield<M[K]>>;
  stream(task: TaskReference, input?: unknown, options?: TaskOptions): TaskStream<unknown> {
    const resolved = boundToCall(resolveTaskOptions(options, this.#options.task));
    const target = this.#targets.find(task, resolved.encoding);
    return new TaskStream({
      open: this.#readers,
      submit: (onYield, waiter) =>
        this.#enqueue(target, input, resolved, waiter, { stream: { credit: STREAM_WINDOW, onYield } }),
    });
  }

  /** Runs a task once on every worker, starting those that are not there; resolves with all results. */
  broadcast<F extends AnyTask>(
    task: F,
    input?: TaskInput<F>,
    options?: BroadcastOptions,
  ): Promise<TaskOutput<F>[]>;
  /** Runs an export of the module, by its name, once on every worker. */
  broadcast<K extends TasksOf<M>["names"]>(
    task: K,
    input?: TaskInput<M[K]>,
    options?: BroadcastOptions,
  ): Promise<TaskOutput<M[K]>[]>;
  async broadcast(task: TaskReference, input?: unknown, options?: BroadcastOptions): Promise<unknown[]> {
    if (options !== undefined) checkNames(options, BROADCAST_OPTIONS, { subject: "option of broadcast()" });
    const resolved = boundToCall(resolveTaskOptions(options, this.#options.task));
    const target = this.#targets.find(task, resolved.encoding);
    const once = (slot: number) =>
      new Promise((resolve, reject) => {
        this.#enqueue(target, input, resolved, { resolve, reject }, { slot });
      });
    return await Promise.all(Array.from({ length: this.#options.maxWorkers }, (_, slot) => once(slot)));
  }

  /**
   * Runs all of the tasks and resolves, in their order, with what became of each. As with {@link run}, an input that is a
   * promise fails: it has to be awaited before.
   */
  executeTasks(tasks: Iterable<TaskRequest<M>>): Promise<PromiseSettledResult<unknown>[]> {
    const run = async (request: TaskRequest<M>) => {
      checkNames(request, REQUEST_OPTIONS, { subject: "task option" });
      const { task, input, ...options } = request;
      return await new Promise((resolve, reject) => {
        this.#submit(task, input, options, { resolve, reject });
      });
    };
    // All are there before the first is submitted: an iterable that throws leaves none behind.
    return Promise.allSettled([...iterableOf("The tasks of executeTasks()", tasks)].map(run));
  }

  /**
   * Starts workers (all of them, or `count`) and resolves when they are ready, with the names of the
   * module's tasks. Rejects with a `ModuleLoadError` if the module cannot be loaded, its `setup` fails, or both together
   * take longer than `startTimeout`.
   */
  async ready(count: number = this.#options.maxWorkers): Promise<string[]> {
    checkCount("count", count, 1);
    if (this.#closed) throw new ExecutorClosedError();
    this.#startedAt ??= performance.now();
    const slots = Array.from({ length: Math.min(count, this.#options.maxWorkers) }, (_, slot) => slot);
    const [first] = await Promise.all(slots.map((slot) => this.#pool.ready(slot)));
    return first?.exports ?? [];
  }

  /**
   * Starts no tasks until {@link resume} is called; those that run go on. Tasks can be handed in meanwhile, and wait;
   * their `queueTimeout` goes on. `close()` ends the pause.
   *
   * @example
   * ```ts
   * import { Executor } from "@polyloop/polyloop";
   *
   * await using executor = new Executor(null, { workers: 1 });
   * executor.pause();
   * const task = executor.submit((n: number) => n + 1, 1);
   * if (task.state !== "pending") throw new Error("unexpected");
   * executor.resume();
   * if (await task.result !== 2) throw new Error("unexpected");
   * ```
   */
  pause(): void {
    if (!this.#closed) this.#setPaused(true);
  }

  /** Ends a {@link pause}: tasks start again. */
  resume(): void {
    this.#setPaused(false);
  }

  /** Whether {@link pause} holds. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /**
   * Resolves when no task is pending or in flight: at once if that is so, else as soon as it is. Inputs that a map has not
   * pulled yet do not count. The event `idle` tells the same, each time.
   */
  async onIdle(): Promise<void> {
    if (this.#isBusy()) await this.#idle.wait();
  }

  /**
   * The tasks that are on workers at this moment, one entry each; a body that goes on after its task was cancelled or timed
   * out included.
   */
  running(): TaskInFlight[] {
    const now = performance.now();
    return this.#pool.all.flatMap((handle) => handle.running(now));
  }

  /**
   * Takes no more tasks, finishes those it has, runs `teardown` in every worker and stops them. Maps and streams that are
   * being read are finished, too: a map pulls the rest of its inputs. So a source that never ends, or never answers, keeps
   * `close()` pending: end it by `timeout`, by `pending: "cancel"` or by {@link terminate}. One that nobody reads any more ends with an
   * `ExecutorClosedError`, after the results that it has; so does one that is read by a loop whose body takes longer than
   * two seconds from this call on.
   *
   * With `pending: "cancel"`, only tasks that run are finished. After `timeout` milliseconds it does what
   * {@link terminate} does.
   *
   * Once it has resolved, every promise and iterator of this executor has settled, and no body runs.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    checkNames(options, CLOSE_OPTIONS, { subject: "option of close()" });
    const { timeout = Infinity, pending = "finish" } = options;
    time("timeout", timeout);
    oneOf("pending", pending, ["finish", "cancel"]);
    if (!this.#over) this.#readers.close();
    this.#closing ??= this.#close();
    if (pending === "cancel") this.#drop();
    if (timeout === Infinity) return await this.#closing;
    const timer = after(timeout, () => void this.terminate());
    await this.#closing;
    clearTimeout(timer);
  }

  /**
   * Replaces every worker that there is now by a fresh one, which loads the module anew: its successor starts, and takes over
   * once it is ready; the worker finishes what it has, runs `teardown` and ends. Tasks that are handed in meanwhile run on
   * either. Resolves when all of the old ones are gone. With `isolation: "none"` the module is the program's own and keeps
   * its state.
   *
   * @throws {ModuleLoadError} if no successor can be started: the workers stay then
   * @throws {ExecutorClosedError} if the executor was closed
   *
   * @example
   * ```ts
   * import { Executor } from "@polyloop/polyloop";
   *
   * await using executor = new Executor(null, { workers: 1 });
   * const count = () => (globalThis as { calls?: number }).calls = ((globalThis as { calls?: number }).calls ?? 0) + 1;
   * await executor.run(count);
   * await executor.recycleWorkers();
   * if (await executor.run(count) !== 1) throw new Error("not a fresh one");
   * ```
   */
  async recycleWorkers(): Promise<void> {
    if (this.#closed) throw new ExecutorClosedError();
    await this.#pool.recycleAll();
  }

  /**
   * Stops all workers at once. As soon as they are gone, tasks that have not settled reject with an `ExecutorClosedError`, and
   * so do maps and streams that are being read.
   *
   * Once it has resolved, every promise and iterator of this executor has settled, and no body runs. Two bodies cannot be
   * stopped: one that ignores its signal on `isolation: "none"`, which is waited for (for `gracePeriod`, but one second at
   * least and five at the most), and on Deno one that computes without a pause in a thread.
   */
  async terminate(): Promise<void> {
    this.#closing ??= this.#close();
    await (this.#terminating ??= this.#terminate());
  }

  /** The same as {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** How many tasks each worker may have in flight, at present; with `"auto"`, the level that has proved best so far. */
  get concurrency(): number {
    return this.#level?.settled ?? this.#pool.concurrency;
  }

  /**
   * Changes how many tasks each worker may have in flight. More start at once; where there are fewer, those that run
   * may end first. With `"auto"` it is the level to go on from, 1,024 at the most.
   *
   * @throws {RangeError} if it is no whole number of at least 1
   */
  setConcurrency(concurrency: number): void {
    const checked = concurrencyOf(concurrency);
    this.#setSlots(this.#level?.set(checked) ?? checked);
  }

  /** The figures of this moment. */
  stats(): ExecutorStats {
    const { total: capacity } = this.#slotTimeUntil(performance.now());
    const { succeeded, failed, retries, runTime, waitTime } = this.#counters;
    const loops = this.#pool.loopUse;
    return {
      pending: this.#queue.size + this.#retries.size,
      retrying: this.#retries.size,
      inFlight: this.#pool.inFlight,
      succeeded,
      failed,
      retries,
      concurrency: this.#pool.concurrency,
      workers: this.#pool.all.map(({ id, state, inFlight, loopLag, heapBytes }) => ({
        workerId: id,
        state: state as "starting" | "ready" | "draining",
        inFlight,
        loopLag,
        heapBytes,
      })),
      stuckThreads: this.#pool.stuckThreads,
      utilization: capacity === 0 ? 0 : Math.min(1, runTime.sum / capacity),
      loopUtilization: loops.watched === 0 ? undefined : loops.busy / loops.watched,
      runTime: runTime.distribution(),
      waitTime: waitTime.distribution(),
    };
  }

  /**
   * The input of a map or a feed that has been on a worker for longest.
   *
   * @internal
   */
  oldestInFlight(): InFlightInput | undefined {
    const all = this.#pool.all.map((handle) => handle.oldest()).filter((oldest) => oldest !== undefined);
    return all.sort((one, other) => one.sent - other.sent)[0];
  }

  /** Listens to an event of {@link ExecutorEvents}, in the `AsyncLocalStorage` context in which this is called. */
  override addEventListener<K extends keyof ExecutorEvents>(
    type: K,
    listener: ((event: ExecutorEvents[K]) => void) | null,
    options?: Parameters<EventTarget["addEventListener"]>[2],
  ): void;
  /** Listens to any other event. */
  override addEventListener(
    type: string,
    listener: Parameters<EventTarget["addEventListener"]>[1],
    options?: Parameters<EventTarget["addEventListener"]>[2],
  ): void;
  override addEventListener(
    type: string,
    // deno-lint-ignore no-explicit-any -- the two signatures above are what callers see.
    listener: any,
    options?: Parameters<EventTarget["addEventListener"]>[2],
  ): void {
    this.#hearsFailures ||= type === "taskfailed";
    super.addEventListener(type, this.#listeners.added(type, listener, options), options);
  }

  /** Listens no more. */
  override removeEventListener(
    type: string,
    listener: Parameters<EventTarget["removeEventListener"]>[1],
    options?: Parameters<EventTarget["removeEventListener"]>[2],
  ): void {
    super.removeEventListener(type, this.#listeners.removed(type, listener, options), options);
  }

  /** Where a call of `run()` without options goes, if the one before it was for the same task. */
  #runsOf(task: TaskReference): Runs | undefined {
    const { task: shared } = this.#options;
    const target = this.#targets.find(task, shared.encoding);
    if (this.#closed || !this.#mayGather) return undefined;
    if (this.#runs?.target === target) return this.#runs;
    // Two in a row: where tasks alternate, nothing is gained.
    if (this.#lastRun !== target) return void (this.#lastRun = target);
    return this.#runs = new Runs(
      target,
      (sink) => this.#openFeed({ target, shared, keepsPlace: true, sink }),
    );
  }

  #submit(task: TaskReference, input: unknown, options: TaskOptions | undefined, waiter: TaskWaiter): Task {
    const resolved = boundToCall(resolveTaskOptions(options, this.#options.task));
    return this.#enqueue(this.#targets.find(task, resolved.encoding), input, resolved, waiter);
  }

  /** Makes a task and hands it to the queue, or settles it at once if it cannot be taken. */
  #enqueue(
    target: TaskTarget,
    input: unknown,
    options: ResolvedTaskOptions,
    waiter: TaskWaiter,
    particulars?: Parameters<Task["set"]>[0],
    // A map that is being read is finished by `close()`.
    isClosed = this.#closed,
  ): Task {
    const task = new Task({
      id: ++this.#lastTaskId,
      target,
      input,
      options,
      submitted: this.#turn(),
      observer: this.#observer,
      waiter,
    });
    if (options.key !== undefined) task.set({ slot: slotOf(options.key, this.#options.maxWorkers) });
    if (this.#tracing) task.set({ trace: this.#tracing.of(this.#tracing.here()) });
    if (particulars) task.set(particulars);
    const refusal = this.#refusal(isClosed, options.signal) ?? this.#countsFor(task);
    if (refusal) {
      if (refusal.isFailure === false) task.set({ refused: true });
      task.settle(false, refusal.reason);
      return task;
    }
    this.#startedAt ??= performance.now();
    this.#limits.submitted(task);
    this.#queue.add(task);
    // What comes after it stays behind it.
    this.#runs = undefined;
    this.#dispatcher.schedule();
    return task;
  }

  #openFeed({ target, shared, keepsPlace = false, drain, firstInput, each, spanOf = indexOnly, sink }: {
    target: TaskTarget;
    shared: ResolvedTaskOptions;
    keepsPlace?: boolean;
    drain?: AbortSignal;
    firstInput?: number;
    each?: OptionsOfInput;
    spanOf?: FeedOptions["spanOf"];
    sink: FeedSink;
  }): Feed {
    const observer = this.#observer;
    const [tracing, context] = [this.#tracing, this.#tracing?.here()];
    return new Feed({
      target,
      priority: shared.priority,
      firstInput,
      single: each !== undefined || this.#areSingle(shared),
      keepsPlace,
      nextId: () => this.#lastTaskId + 1,
      reserveIds: (count) => (this.#lastTaskId += count) - count + 1,
      now: () => this.#turn(),
      filled: (feed) => {
        this.#startedAt ??= performance.now();
        if (!keepsPlace) this.#runs = undefined;
        if (this.#over) return feed.failWaiting(() => new ExecutorClosedError());
        if (!feed.queued) this.#queue.addFeed(feed);
        this.#dispatcher.schedule();
      },
      removed: () => this.#dispatcher.schedule(),
      succeeded: (micros, count) => {
        this.#counters.succeededMany(micros, count);
        this.#level?.ended();
      },
      submit: (index, input, waiter) => {
        const own = each ? each(input, index) : shared;
        const trace = tracing?.of(context!, () => spanOf(index));
        return this.#enqueue(target, input, own, waiter, (drain || trace) && { drain, trace }, this.#over);
      },
      makeTask: (init) => {
        const task = new Task({ ...init, target, options: shared, observer });
        if (drain) task.set({ drain });
        this.#limits.submitted(task);
        return task;
      },
    }, sink);
  }

  /** Whether tasks with these options must be known one by one: what has a limit of its own. */
  #areSingle({ key, timeout, queueTimeout }: ResolvedTaskOptions): boolean {
    return key !== undefined || Math.min(timeout, queueTimeout) < Infinity ||
      this.#options.maxQueue < Infinity || this.#options.limitPer !== undefined ||
      this.#tracing !== undefined;
  }

  /** Why a task is not taken in. What an executor has no room for, or is too late for it, is none of its failures. */
  #refusal(isClosed: boolean, signal: AbortSignal | undefined): Refusal | undefined {
    if (isClosed) return { reason: new ExecutorClosedError(), isFailure: false };
    if (signal?.aborted) return { reason: signal.reason };
    const { onFull, maxQueue } = this.#options;
    if (onFull === "wait") return undefined;
    const taken = this.#queue.size + this.#pool.inFlight;
    if (taken >= this.#pool.slots + maxQueue) {
      return { reason: new QueueFullError(maxQueue), isFailure: false };
    }
    return undefined;
  }

  /** Finds out what the task counts for, where only so many of a kind may be on workers. */
  #countsFor(task: Task): Refusal | undefined {
    const { limitPer } = this.#options;
    if (!limitPer) return undefined;
    try {
      const limitKey = keyOf("What limitPer.key returns", limitPer.key(task.input));
      if (limitKey !== undefined) task.set({ limitKey });
    } catch (reason) {
      return { reason };
    }
  }

  /** The task has no worker any more, or its next attempt is due. */
  #waitAgain(task: Task): void {
    this.#limits.returned(task);
    this.#queue.putBack(task);
    const { drain } = task.particulars;
    if (drain?.aborted) task.cancel(drain.reason);
    if (this.#dropped) task.cancel(this.#dropped());
    this.#dispatcher.schedule();
  }

  readonly #observer: TaskObserver = {
    retries: (task, error) => {
      this.#level?.failed();
      const { drain } = task.particulars;
      if (!this.#retries.take(task, error)) return false;
      if (drain?.aborted) task.cancel(drain.reason);
      return true;
    },
    settled: (task, ok, value) => {
      task.particulars.trace?.settled(task, ok, value);
      this.#limits.settled(task);
      if (task.particulars.refused) return;
      this.#counters.settled(task, ok);
      if (ok) this.#level?.ended();
      else this.#tellFailed(task, value);
    },
  };

  /** What starts workers once a thread is stuck, if the user wants that. */
  #processesFor(module: URL | string | StartWorker | null): Backend | undefined {
    const { onStuckThread, isolation } = this.#options;
    if (onStuckThread !== "process" || isolation !== "thread") return undefined;
    return backendFor(module, { ...this.#options, isolation: "process" });
  }

  #turn(): number {
    // Reading the clock costs as much as the rest of a submission. Each turn ends in a round, which forgets it.
    if (this.#now === undefined) {
      this.#now = performance.now();
      this.#dispatcher.schedule();
    }
    return this.#now;
  }

  #setSlots(concurrency: number): void {
    this.#slotTime = this.#slotTimeUntil(performance.now());
    this.#pool.concurrency = concurrency;
    this.#readers.widened();
    this.#dispatcher.schedule();
  }

  #slotTimeUntil(now: number): { total: number; until: number } {
    if (this.#startedAt === undefined) return this.#slotTime;
    const { total, until } = this.#slotTime;
    return { total: total + (now - Math.max(until, this.#startedAt)) * this.#pool.slots, until: now };
  }

  #setPaused(paused: boolean): void {
    if (this.#isPaused === paused) return;
    this.#isPaused = paused;
    this.#pool.paused = paused;
    this.#dispatcher.paused = paused;
  }

  #isBusy(): boolean {
    return this.#queue.size > 0 || this.#pool.inFlight > 0 || this.#retries.size > 0;
  }

  /** At the end of a round every task has an owner: in a turn it may have none, as while `when` is asked about it. */
  #lookAround(): void {
    this.#idle.look(this.#isBusy());
    if (!this.#drained) return;
    const onlySlots = this.#queue.size + this.#retries.size > 0 ||
      this.#pool.inFlight > this.#readers.slotsHeld;
    const isOver = this.#readers.endUnread(
      () => new ExecutorClosedError("The executor was closed, and nobody read these results any more"),
      { onlySlots },
    );
    if (isOver && !this.#isBusy()) this.#drained.resolve();
  }

  async #close(): Promise<void> {
    this.#closed = true;
    this.#setPaused(false);
    this.#drained = Promise.withResolvers();
    this.#dispatcher.schedule();
    await this.#drained.promise;
    this.#over = true;
    this.#readers.stop();
    await this.#pool.close(() => new ExecutorClosedError("The executor was closed before it was ready"));
    await letMicrotasksRun();
  }

  async #terminate(): Promise<void> {
    this.#dispatcher.paused = true;
    this.#retries.stop();
    await this.#pool.halt();
    this.#over = true;
    const error = () => new ExecutorClosedError("The executor was terminated before the task was done");
    // First, or else they would pull more as tasks fail.
    this.#readers.end(error);
    this.#queue.failAll(error);
    this.#retries.end(error);
    this.#pool.terminate(error);
    this.#drained!.resolve();
    await this.#closing;
  }

  /** Cancels what waits. */
  #drop(): void {
    const error = this.#dropped = () =>
      new ExecutorClosedError("The executor was closed before the task was started");
    // First, or else they would pull more as tasks fail.
    this.#readers.dry(error);
    this.#queue.failAll(error);
    this.#retries.end(error);
  }

  #tellFailed({ id: taskId, index, attempt: attempts, target: { spec } }: Task, error: unknown): void {
    // Where thousands fail, events that nobody hears would take longer than the rest.
    if (this.#hearsFailures) this.#emit("taskfailed", { taskId, task: spec.name, index, error, attempts });
  }

  /** False if a listener has taken it upon itself. */
  #emit<K extends keyof ExecutorEvents>(type: K, detail: ExecutorEvents[K]["detail"]): boolean {
    return this.dispatchEvent(new CustomEvent(type, { detail, cancelable: CANCELABLE.has(type) }));
  }
}

/** Why a task is not taken in. */
interface Refusal {
  reason: unknown;
  /** Whether it counts as a failed task. True by default. */
  isFailure?: boolean;
}

/** What is known of an input whose owner says nothing of it. */
function indexOnly(index: number): SpanAttributes {
  return { "polyloop.input.index": index };
}
