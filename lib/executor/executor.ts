/**
 * The class `Executor`: the public interface of the library. It checks its arguments, and the parts in `core.ts` do the work.
 *
 *     ┌─ caller's side ──────────────────────────────────────────┐   ┌─ worker's side ──────────────┐
 *     │                                                          │   │                              │
 *     │  run ──▶ Series ─┐                                       │   │                              │
 *     │  map ──▶ Feed ───┼──▶ TaskQueue ──▶ Dispatcher           │   │                              │
 *     │  submit, … Task ─┘        ▲               │ Task, Chunk  │   │                              │
 *     │                           │ returned,     ▼              │   │                              │
 *     │  reader ◀── FeedTasks     │ retried   WorkerTasks ───────┼──▶│ TaskLoop ──▶ task(input,     │
 *     │               ▲           └────────── InFlight           │   │     │            context)    │
 *     │               └── outcome ──────────────┴── replies ◀────┼───│─────┘                        │
 *     │                                           ▲              │   │                              │
 *     │                                         Pool ── Backend ─┼──▶│ starts it, notices its end   │
 *     └──────────────────────────────────────────────────────────┘   └──────────────────────────────┘
 *
 * `Intake` makes tasks, `Limits` cancels them, and `Closing` ends the executor. Parts use the executor only by `host.ts`.
 */

import { refuseOldRuntime, type StartWorker } from "../backends/default.ts";
import { ExecutorClosedError } from "../errors.ts";
import { boundToCall } from "./calls/call_context.ts";
import type { Feed, FeedSink } from "./calls/feed.ts";
import { optionsOfInputs } from "./options/input_options.ts";
import { indexOnly } from "./calls/intake.ts";
import { FlatMapResults } from "./calls/flat_map.ts";
import { MapResults } from "./calls/map.ts";
import { STREAM_WINDOW, TaskStream } from "./calls/stream.ts";
import type { TaskReference } from "./calls/target_table.ts";
import type { Task, TaskWaiter } from "./calls/task.ts";
import type { FeedOptions } from "./options/feed_options.ts";
import { checkNames, count as checkCount, finite, flag, iterableOf, signalOf } from "./options/checks.ts";
import { Core } from "./core.ts";
import { ExecutorEventTarget } from "./event_target.ts";
import { Events, type ExecutorEvents } from "./events.ts";
import { FLAT_MAP_OPTIONS, MAP_OPTIONS } from "./options/map_options.ts";
import { BROADCAST_OPTIONS, REQUEST_OPTIONS } from "./options/task_options.ts";
import { resolveCloseOptions } from "./options/close_options.ts";
import { resolveAdding, resolveWindow } from "./options/map_options.ts";
import { concurrencyOf, resolveOptions } from "./options/resolve.ts";
import { resolveTaskOptions } from "./options/task_options.ts";
import type { InFlightInput } from "./pool/in_flight.ts";
import type { LimitState } from "./queue/limit_state.ts";
import type { Pressure } from "./queue/start_limit.ts";
import type { ExecutorStats } from "./stats.ts";
import type {
  AnyModule,
  AnyTask,
  FunctionArguments,
  TaskArguments,
  TaskInput,
  TaskOutput,
  TaskRequest,
  TasksOf,
  TaskYield,
} from "./signatures.ts";
import type { CloseOptions } from "./options/close_options.ts";
import type { ExecutorOptions } from "./options/executor_options.ts";
import type { FlatMapOptions, MapInputs, MapOptions } from "./options/map_options.ts";
import type { BroadcastOptions, TaskOptions } from "./options/task_options.ts";
import type { MapOutcome, TaskHandle, TaskInFlight } from "./task_handle.ts";

export type { ExecutorEvents } from "./events.ts";

/**
 * Runs the functions of a module on a pool of workers, many at a time on each worker. Nothing starts before the first task
 * or {@link Executor.ready}.
 *
 * @typeParam M The type of the module: `typeof import("./tasks.ts")`. Without it, names and inputs are not checked.
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
export class Executor<M = AnyModule> extends ExecutorEventTarget<ExecutorEvents> {
  readonly #core: Core;

  /**
   * Makes an executor. Workers start later, as tasks come.
   *
   * @param module The module that exports the tasks: a URL, or a path relative to the working directory; `null` if only inline
   * functions are run. In a program that a bundler makes, a function that starts a worker, whose entry hands the module to
   * `serve()` (see {@link StartWorker}).
   * @param options Options of the executor, and defaults for the options of its tasks.
   * @throws {Error} if the runtime is too old: the message says which version is needed
   * @throws {RangeError} if an option's number is out of range
   * @throws {TypeError} if an option does not exist or is of the wrong kind, or this runtime has no such workers
   * @throws {PermissionsUnsupportedError} if this runtime cannot enforce `permissions`
   */
  constructor(module: URL | string | StartWorker | null, options: ExecutorOptions = {}) {
    super();
    refuseOldRuntime();
    this.#core = new Core(module, resolveOptions(options), new Events(this));
  }

  /**
   * Runs a self-contained function and resolves with its result.
   *
   * The input is copied when it is sent to a worker, not when `run()` is called: change it once the task has settled, or pass
   * `structuredClone(input)`.
   *
   * @param task A function. It is sent as source text, so it must not use anything from around it.
   * @param args The input, then the options of this task.
   * @returns The result. Rejects with what the task throws; with the reason of `options.signal` if that aborts; with a
   * `TaskTimeoutError` after `timeout` or `queueTimeout`; with a `TaskCloneError` if the input or the result cannot cross to or
   * from the worker; with a `TaskInputError` if the input does not fit its encoding or schema; with a `WorkerLostError` if the
   * worker ends; with a `ModuleLoadError` if no worker can load the module; with a `QueueFullError` if the queue is full and
   * `onFull` is "reject"; with an `ExecutorClosedError` after `close()`.
   * @throws {TypeError} as a rejection, if an option does not exist or is of the wrong kind, or the function has no source text
   * @throws {RangeError} as a rejection, if an option's number is out of range
   */
  // TypeScript 7 reports only the last overload that does not fit: here and below it is the one with the names. The first one
  // takes a string as well, with more arguments than anyone passes: so no compiler reports that a name is no function.
  run<F extends AnyTask | string>(task: F, ...args: FunctionArguments<F>): Promise<TaskOutput<F>>;
  /**
   * Runs an export of the module and resolves with its result.
   *
   * The input is copied when it is sent to a worker, not when `run()` is called: change it once the task has settled, or pass
   * `structuredClone(input)`.
   *
   * @param task The name of the export; `"default"` for the default export.
   * @param args The input, then the options of this task.
   * @returns The result. Rejects with what the task throws; with the reason of `options.signal` if that aborts; with a
   * `TaskTimeoutError` after `timeout` or `queueTimeout`; with a `TaskCloneError` if the input or the result cannot cross to or
   * from the worker; with a `TaskInputError` if the input does not fit its encoding or schema; with a `TaskNotFoundError` if the
   * module exports no function of that name; with a `WorkerLostError` if the worker ends; with a `ModuleLoadError` if no worker
   * can load the module; with a `QueueFullError` if the queue is full and `onFull` is "reject"; with an `ExecutorClosedError`
   * after `close()`.
   * @throws {TypeError} as a rejection, if an option does not exist or is of the wrong kind
   * @throws {RangeError} as a rejection, if an option's number is out of range
   */
  run<K extends TasksOf<M>["names"]>(
    task: K,
    ...args: TaskArguments<TaskInput<M[K]>>
  ): Promise<TaskOutput<M[K]>>;
  run(task: TaskReference, input?: unknown, options?: TaskOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const series = options === undefined ? this.#seriesOf(task) : undefined;
      if (series) series.add(input, resolve, reject);
      else this.#submit(task, input, options, { resolve, reject });
    });
  }

  /**
   * Starts a self-contained function as a task, which can be asked for its state and cancelled.
   *
   * @param task A function. It is sent as source text, so it must not use anything from around it.
   * @param args The input, then the options of this task.
   * @returns A handle; its `result` settles as the promise of {@link run} does.
   * @throws {TypeError} if an option does not exist or is of the wrong kind, or the function has no source text
   * @throws {RangeError} if an option's number is out of range
   */
  submit<F extends AnyTask | string>(task: F, ...args: FunctionArguments<F>): TaskHandle<TaskOutput<F>>;
  /**
   * Starts an export of the module as a task, which can be asked for its state and cancelled.
   *
   * @param task The name of the export; `"default"` for the default export.
   * @param args The input, then the options of this task.
   * @returns A handle; its `result` settles as the promise of {@link run} does.
   * @throws {TypeError} if an option does not exist or is of the wrong kind
   * @throws {RangeError} if an option's number is out of range
   *
   * @example
   * ```ts
   * import { Executor } from "@polyloop/polyloop";
   *
   * await using executor = new Executor(null, { workers: 1 });
   * const task = executor.submit((ms: number) => new Promise((done) => setTimeout(done, ms)), 60_000);
   * if (!task.cancel("no longer needed")) throw new Error("unexpected");
   * if (await task.result.catch((reason) => reason) !== "no longer needed") throw new Error("unexpected");
   * ```
   */
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
        // A caller that cancels knows of the rejection, so it is no unhandled one.
        promise.catch(() => {});
        submitted.cancel(reason);
        return true;
      },
      setPriority: (priority) => submitted.setPriority(finite("priority", priority)),
    };
  }

  /**
   * Runs a self-contained function for each of many inputs and yields outcomes instead of throwing.
   *
   * @param task A function. It is sent as source text, so it must not use anything from around it.
   * @param inputs A sync or async iterable. It is pulled no further than `options.window` ahead of the reader.
   * @param options Options of the map and of its tasks, with `settled: true`.
   * @returns An async iterable of outcomes, in the order of the inputs unless `ordered` is false. It rejects only if the iterable
   * of inputs fails, `options.signal` aborts, or the executor is closed.
   * @throws {TypeError} if an option does not exist or is of the wrong kind
   * @throws {RangeError} if an option's number is out of range
   */
  map<F extends AnyTask>(
    task: F,
    inputs: MapInputs<TaskInput<F>>,
    options: MapOptions<TaskInput<F>> & { settled: true },
  ): MapResults<MapOutcome<TaskOutput<F>>>;
  /**
   * Runs a self-contained function for each of many inputs and yields the results.
   *
   * The first failure is thrown and cancels the rest. Leaving the loop early cancels what is under way and waits until none of it
   * runs any more. Promises among the inputs are awaited one by one, as `for await` does: no further input is pulled until then,
   * and the first that rejects ends the map.
   *
   * @param task A function. It is sent as source text, so it must not use anything from around it.
   * @param inputs A sync or async iterable. It is pulled no further than `options.window` ahead of the reader.
   * @param options Options of the map and of its tasks.
   * @returns An async iterable of results, in the order of the inputs unless `ordered` is false. Its `toArray()` resolves with all
   * of them. It rejects with the first error that {@link run} would reject with for one of the inputs, and with what the
   * iterable of inputs throws.
   * @throws {TypeError} if an option does not exist or is of the wrong kind
   * @throws {RangeError} if an option's number is out of range
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
    options?: MapOptions<TaskInput<F>>,
  ): MapResults<TaskOutput<F>>;
  /**
   * Runs an export of the module for each of many inputs and yields outcomes instead of throwing.
   *
   * @param task The name of the export; `"default"` for the default export.
   * @param inputs A sync or async iterable. It is pulled no further than `options.window` ahead of the reader.
   * @param options Options of the map and of its tasks, with `settled: true`.
   * @returns An async iterable of outcomes, in the order of the inputs unless `ordered` is false. It rejects only if the iterable
   * of inputs fails, `options.signal` aborts, or the executor is closed.
   * @throws {TypeError} if an option does not exist or is of the wrong kind
   * @throws {RangeError} if an option's number is out of range
   */
  map<K extends TasksOf<M>["names"]>(
    task: K,
    inputs: MapInputs<TaskInput<M[K]>>,
    options: MapOptions<TaskInput<M[K]>> & { settled: true },
  ): MapResults<MapOutcome<TaskOutput<M[K]>>>;
  /**
   * Runs an export of the module for each of many inputs and yields the results.
   *
   * The first failure is thrown and cancels the rest. Leaving the loop early cancels what is under way and waits until none of it
   * runs any more. Promises among the inputs are awaited one by one, as `for await` does: no further input is pulled until then,
   * and the first that rejects ends the map.
   *
   * @param task The name of the export; `"default"` for the default export.
   * @param inputs A sync or async iterable. It is pulled no further than `options.window` ahead of the reader.
   * @param options Options of the map and of its tasks.
   * @returns An async iterable of results, in the order of the inputs unless `ordered` is false. Its `toArray()` resolves with all
   * of them. It rejects with the first error that {@link run} would reject with for one of the inputs, and with what the
   * iterable of inputs throws.
   * @throws {TypeError} if an option does not exist or is of the wrong kind
   * @throws {RangeError} if an option's number is out of range
   */
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
    const { ordered = true, settled = false, window, drain, revisit, maxInputs, ...feedOptions } = options;
    const core = this.#core;
    return new MapResults({
      inputs,
      window: resolveWindow(window, core.options, core.pool),
      slots: () => core.pool.slots,
      open: core.readers,
      ordered: flag("ordered", ordered),
      settled: flag("settled", settled),
      ...resolveAdding({ revisit, maxInputs }),
      signal: options.signal,
      drain: signalOf("drain", drain),
      isClosed: () => core.closing.isClosed,
      openFeed: (sink) => this.feed(task, sink, { drain, firstInput: 0, adds: true, ...feedOptions }),
    });
  }

  /**
   * Runs a self-contained generator function for each of many inputs and yields what the generators yield, one by one.
   *
   * An input may have any number of outputs, or none. A generator whose outputs are not read waits, so a generator that never ends
   * needs little memory. The first failure is thrown, after what was yielded before, and cancels the rest. Leaving the loop early
   * closes the generators and waits until none of them runs any more.
   *
   * Values that were passed on cannot be taken back. So with `retry`, the values of an attempt are passed on when it has succeeded;
   * without it, as they come.
   *
   * @param task A generator function, or a function that returns an iterable. It is sent as source text, so it must not use
   * anything from around it.
   * @param inputs A sync or async iterable. It is pulled no further than `options.window` ahead of the reader.
   * @param options Options of the flat map and of its tasks: those of {@link map}, without `settled`.
   * @returns An async iterable of the outputs, in the order of the inputs unless `ordered` is false. Its `toArray()` resolves with
   * all of them. It rejects as {@link map} does, and with a `TypeError` if a task returns nothing that can be iterated over.
   * @throws {TypeError} if an option does not exist or is of the wrong kind, or the encoding has an output or a batch
   * @throws {RangeError} if an option's number is out of range
   *
   * @example
   * ```ts
   * import { Executor } from "@polyloop/polyloop";
   *
   * await using executor = new Executor(null, { workers: 2 });
   * function* words(line: string) {
   *   for (const word of line.split(" ")) if (word !== "") yield word;
   * }
   * const all = await executor.flatMap(words, ["so be", "", "it"]).toArray();
   * if (all.join() !== "so,be,it") throw new Error("unexpected");
   * ```
   */
  flatMap<F extends AnyTask>(
    task: F,
    inputs: MapInputs<TaskInput<F>>,
    options?: FlatMapOptions<TaskInput<F>>,
  ): FlatMapResults<TaskYield<F>>;
  /**
   * Runs a generator function that the module exports for each of many inputs and yields what the generators yield, one by one.
   *
   * An input may have any number of outputs, or none. A generator whose outputs are not read waits, so a generator that never ends
   * needs little memory. The first failure is thrown, after what was yielded before, and cancels the rest. Leaving the loop early
   * closes the generators and waits until none of them runs any more.
   *
   * Values that were passed on cannot be taken back. So with `retry`, the values of an attempt are passed on when it has succeeded;
   * without it, as they come.
   *
   * @param task The name of the export; `"default"` for the default export.
   * @param inputs A sync or async iterable. It is pulled no further than `options.window` ahead of the reader.
   * @param options Options of the flat map and of its tasks: those of {@link map}, without `settled`.
   * @returns An async iterable of the outputs, in the order of the inputs unless `ordered` is false. Its `toArray()` resolves with
   * all of them. It rejects as {@link map} does, and with a `TypeError` if a task returns nothing that can be iterated over.
   * @throws {TypeError} if an option does not exist or is of the wrong kind, or the encoding has an output or a batch
   * @throws {RangeError} if an option's number is out of range
   */
  flatMap<K extends TasksOf<M>["names"]>(
    task: K,
    inputs: MapInputs<TaskInput<M[K]>>,
    options?: FlatMapOptions<TaskInput<M[K]>>,
  ): FlatMapResults<TaskYield<M[K]>>;
  flatMap(
    task: TaskReference,
    inputs: MapInputs<unknown>,
    options: FlatMapOptions<never> = {},
  ): FlatMapResults<unknown> {
    checkNames(options, FLAT_MAP_OPTIONS, { subject: "option of flatMap()" });
    const { ordered = true, window, drain, revisit, maxInputs, ...feedOptions } = options;
    const core = this.#core;
    const { encoding, retry } = resolveTaskOptions(
      { encoding: options.encoding, retry: options.retry },
      core.options.task,
    );
    if (encoding?.batch || encoding && encoding.output !== "value") {
      throw new TypeError("flatMap() takes no encoding.output and no encoding.batch: its outputs are values");
    }
    const isLast = retry.attempts === 1 && retry.losses === 0;
    return new FlatMapResults({
      inputs,
      window: resolveWindow(window, core.options, core.pool),
      slots: () => core.pool.slots,
      open: core.readers,
      ordered: flag("ordered", ordered),
      ...resolveAdding({ revisit, maxInputs }),
      signal: options.signal,
      drain: signalOf("drain", drain),
      isClosed: () => core.closing.isClosed,
      openFeed: (sink) =>
        this.feed(task, sink, {
          drain,
          firstInput: 0,
          adds: true,
          each: { held: isLast ? 0 : Infinity },
          ...feedOptions,
        }),
    });
  }

  /**
   * Opens the feed by which {@link map} hands in its inputs. The command line uses it directly, because it has its inputs in blocks and
   * limits their number itself.
   *
   * @internal
   */
  feed(task: TaskReference, sink: FeedSink, options: FeedOptions): Feed {
    const {
      drain,
      firstInput,
      transfer,
      inputSignal,
      timeout,
      spanOf = indexOnly,
      rowsNow,
      each: eachOutput,
      timed,
      adds,
      ...others
    } = options;
    // Resolved once for all inputs.
    const taskOptions = typeof timeout === "function" ? others : { ...others, timeout };
    const { intake, targets } = this.#core;
    const shared = this.#resolved(taskOptions);
    const each = optionsOfInputs({ transfer, inputSignal, timeout }, shared);
    const encoding = eachOutput || timed || adds
      ? { ...shared.encoding, each: eachOutput, timed, adds }
      : shared.encoding;
    const target = targets.find(task, encoding);
    const single = each !== undefined || intake.isSingle(shared);
    const targetNow = rowsNow && (() => {
      const rows = rowsNow();
      return rows ? targets.find(task, { ...encoding, rows }) : target;
    });
    return intake.openFeed(
      { target, targetNow, shared, each, single, keepsPlace: false, drain, firstInput, spanOf },
      sink,
    );
  }

  /**
   * Runs a self-contained generator function and yields what it yields, as it comes.
   *
   * A value leaves its worker before the generator goes on, also if that computes all the time. A slow reader slows the
   * generator. A reader that leaves aborts the generator's signal and closes it at its next `yield`.
   *
   * @param task A generator function. It is sent as source text, so it must not use anything from around it.
   * @param args The input, then the options of this task.
   * @returns An async iterable of the values. It rejects as the promise of {@link run} does, after the values that came before.
   * @throws {TypeError} if an option does not exist or is of the wrong kind, or the function has no source text
   * @throws {RangeError} if an option's number is out of range
   */
  stream<F extends AnyTask | string>(task: F, ...args: FunctionArguments<F>): TaskStream<TaskYield<F>>;
  /**
   * Runs a generator function that the module exports and yields what it yields, as it comes.
   *
   * A value leaves its worker before the generator goes on, also if that computes all the time. A slow reader slows the
   * generator. A reader that leaves aborts the generator's signal and closes it at its next `yield`.
   *
   * @param task The name of the export; `"default"` for the default export.
   * @param args The input, then the options of this task.
   * @returns An async iterable of the values. It rejects as the promise of {@link run} does, after the values that came before.
   * @throws {TypeError} if an option does not exist or is of the wrong kind
   * @throws {RangeError} if an option's number is out of range
   *
   * @example
   * ```ts
   * import { Executor } from "@polyloop/polyloop";
   *
   * await using executor = new Executor(null, { workers: 1 });
   * function* countTo(last: number) {
   *   for (let n = 1; n <= last; n++) yield n;
   * }
   * const values: number[] = [];
   * for await (const n of executor.stream(countTo, 3)) values.push(n);
   * if (values.join() !== "1,2,3") throw new Error("unexpected");
   * ```
   */
  stream<K extends TasksOf<M>["names"]>(
    task: K,
    ...args: TaskArguments<TaskInput<M[K]>>
  ): TaskStream<TaskYield<M[K]>>;
  stream(task: TaskReference, input?: unknown, options?: TaskOptions): TaskStream<unknown> {
    const { intake, targets, readers } = this.#core;
    const resolved = this.#resolved(options);
    const target = targets.find(task, resolved.encoding);
    return new TaskStream({
      open: readers,
      submit: (onYield, waiter) => {
        const stream = { credit: STREAM_WINDOW, onYield };
        return intake.take({ target, input, options: resolved, waiter, particulars: { stream } });
      },
    });
  }

  /**
   * Runs a self-contained function once on every worker. Workers that do not run yet are started.
   *
   * @param task A function. It is sent as source text, so it must not use anything from around it.
   * @param input The input of each of these tasks.
   * @param options Options of each of these tasks.
   * @returns The results, by the workers' positions. Rejects with the first error that {@link run} would reject with.
   */
  broadcast<F extends AnyTask>(
    task: F,
    input?: TaskInput<F>,
    options?: BroadcastOptions,
  ): Promise<TaskOutput<F>[]>;
  /**
   * Runs an export of the module once on every worker. Workers that do not run yet are started.
   *
   * @param task The name of the export; `"default"` for the default export.
   * @param input The input of each of these tasks.
   * @param options Options of each of these tasks.
   * @returns The results, by the workers' positions. Rejects with the first error that {@link run} would reject with.
   */
  broadcast<K extends TasksOf<M>["names"]>(
    task: K,
    input?: TaskInput<M[K]>,
    options?: BroadcastOptions,
  ): Promise<TaskOutput<M[K]>[]>;
  async broadcast(task: TaskReference, input?: unknown, options?: BroadcastOptions): Promise<unknown[]> {
    if (options !== undefined) checkNames(options, BROADCAST_OPTIONS, { subject: "option of broadcast()" });
    const { intake, targets, options: { maxWorkers } } = this.#core;
    const resolved = this.#resolved(options);
    const target = targets.find(task, resolved.encoding);
    const once = (position: number) =>
      new Promise((resolve, reject) => {
        intake.take({
          target,
          input,
          options: resolved,
          waiter: { resolve, reject },
          particulars: { position },
        });
      });
    return await Promise.all(Array.from({ length: maxWorkers }, (_, position) => once(position)));
  }

  /**
   * Runs several tasks, each with a task, an input and options of its own.
   *
   * @param tasks The tasks: `{ task, input }` and options of {@link run}. An input that is a promise fails, as with `run()`: await
   * it before.
   * @returns The outcomes, in the order of `tasks`. Rejects only if `tasks` cannot be iterated over.
   * @throws {TypeError} if `tasks` is no iterable
   *
   * @example
   * ```ts
   * import { Executor } from "@polyloop/polyloop";
   *
   * await using executor = new Executor<typeof import("../../tests/examples/sha256.ts")>(
   *   new URL("../../tests/examples/sha256.ts", import.meta.url),
   * );
   * const outcomes = await executor.executeTasks([
   *   { task: "sha256sum", input: "LICENSE" },
   *   { task: "sha256sum", input: "no such file" },
   * ]);
   * if (outcomes.map(({ status }) => status).join() !== "fulfilled,rejected") throw new Error("unexpected");
   * ```
   */
  executeTasks(tasks: Iterable<TaskRequest<M>>): Promise<PromiseSettledResult<unknown>[]> {
    const run = async (request: TaskRequest<M>) => {
      checkNames(request, REQUEST_OPTIONS, { subject: "task option" });
      const { task, input, ...options } = request;
      return await new Promise((resolve, reject) => {
        this.#submit(task, input, options, { resolve, reject });
      });
    };
    // All tasks are read before the first one is submitted, so that an iterable that throws starts none.
    return Promise.allSettled([...iterableOf("The tasks of executeTasks()", tasks)].map(run));
  }

  /**
   * Starts workers and waits until they are ready.
   *
   * @param count How many workers.
   * @defaultValue `count`: all workers
   * @returns The names of the module's tasks.
   * @throws {RangeError} if `count` is no whole number of at least 1
   * @throws {ModuleLoadError} if the module cannot be loaded, its `setup` fails, or both together take longer than `startTimeout`
   * @throws {ExecutorClosedError} if the executor was closed
   */
  async ready(count: number = this.#core.options.maxWorkers): Promise<string[]> {
    checkCount("count", count, 1);
    const { closing, slotTime, pool, options: { maxWorkers } } = this.#core;
    if (closing.isClosed) throw new ExecutorClosedError();
    slotTime.begin();
    const positions = Array.from({ length: Math.min(count, maxWorkers) }, (_, position) => position);
    const [first] = await Promise.all(positions.map((position) => pool.ready(position)));
    return first?.exports ?? [];
  }

  /**
   * Starts no tasks until {@link resume} is called. Tasks that run go on. Tasks that are handed in meanwhile wait, and their
   * `queueTimeout` counts. `close()` ends the pause.
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
    this.#core.closing.pause();
  }

  /** Ends a {@link pause}: tasks start again. */
  resume(): void {
    this.#core.closing.resume();
  }

  /** Whether the executor is paused by {@link pause}. */
  get isPaused(): boolean {
    return this.#core.closing.isPaused;
  }

  /**
   * Waits until no task is pending or in flight. Inputs that a map has not pulled yet do not count. The event `idle` reports the
   * same, each time.
   *
   * @returns A promise that resolves at once if there is no such task.
   */
  async onIdle(): Promise<void> {
    if (this.#core.closing.isBusy) await this.#core.idle.wait();
  }

  /**
   * The tasks that are on workers at this moment.
   *
   * @returns One entry for each task, and for each body that goes on after its task was cancelled or timed out.
   */
  running(): TaskInFlight[] {
    const now = performance.now();
    return this.#core.pool.all.flatMap((handle) => handle.tasks.running(now));
  }

  /**
   * Takes no more tasks, finishes the tasks it has, runs `teardown` in every worker and stops the workers.
   *
   * Maps and streams that are being read are finished, too: a map pulls the rest of its inputs. So a source that never ends, or
   * never answers, keeps `close()` pending: end it by `timeout`, by `pending: "cancel"` or by {@link terminate}. A map or stream
   * that is not read any more ends with an `ExecutorClosedError`, after the results that it has. So does a `for await` loop whose
   * body takes longer than two seconds after the call of `close()`.
   *
   * Once it has resolved, every promise and iterator of this executor has settled, and no body runs.
   *
   * @param options How long to wait, and what happens to tasks that wait.
   * @throws {TypeError} if an option does not exist or is of the wrong kind
   * @throws {RangeError} if `timeout` is no time in milliseconds
   *
   * @example
   * ```ts
   * import { Executor } from "@polyloop/polyloop";
   *
   * const executor = new Executor(null, { workers: 1 });
   * const result = executor.run((n: number) => n + 1, 1);
   * await executor.close({ timeout: 10_000 });
   * if (await result !== 2) throw new Error("unexpected");
   * ```
   */
  async close(options: CloseOptions = {}): Promise<void> {
    await this.#core.closing.close(resolveCloseOptions(options));
  }

  /**
   * Replaces every worker by a fresh one, which loads the module anew. The successor starts and takes over once it is ready; the
   * old worker finishes its tasks, runs `teardown` and ends. Tasks that are handed in meanwhile run on either. With
   * `isolation: "none"` the module is the program's own and keeps its state.
   *
   * @returns A promise that resolves when all old workers are gone.
   * @throws {ModuleLoadError} if no successor can be started: the old workers stay then
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
    if (this.#core.closing.isClosed) throw new ExecutorClosedError();
    await this.#core.pool.recycleAll();
  }

  /**
   * Stops all workers at once. As soon as the workers are gone, tasks that have not settled, and maps and streams that are being
   * read, reject with an `ExecutorClosedError`.
   *
   * Once it has resolved, every promise and iterator of this executor has settled, and no body runs. Two bodies cannot be
   * stopped: one that ignores its signal on `isolation: "none"`, which is waited for (for `gracePeriod`, but one second at
   * least and five at most), and on Deno one that computes without a pause in a thread.
   */
  async terminate(): Promise<void> {
    await this.#core.closing.terminate();
  }

  /** Closes the executor, as {@link close} does. `await using` calls it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The number of tasks that each worker may have in flight. With `"auto"`, the number that has proved best so far. */
  get concurrency(): number {
    return this.#core.concurrency;
  }

  /**
   * Changes how many tasks each worker may have in flight. If it grows, more tasks start at once; if it shrinks, tasks that run
   * may end first.
   *
   * @param concurrency The new number. With `"auto"`, the number to go on from, 1,024 at most.
   * @throws {RangeError} if it is no whole number of at least 1
   */
  setConcurrency(concurrency: number): void {
    this.#core.setConcurrency(concurrencyOf(concurrency));
  }

  /**
   * Counts of tasks by state, times and the state of each worker.
   *
   * @returns The figures of this moment. They do not change later.
   */
  stats(): ExecutorStats {
    return this.#core.stats();
  }

  /**
   * The input of a map or a feed that has been on a worker for longest.
   *
   * @internal
   */
  oldestInFlight(): InFlightInput | undefined {
    const all = this.#core.pool.all.map((handle) => handle.tasks.oldest()).filter((oldest) =>
      oldest !== undefined
    );
    return all.sort((one, other) => one.sent - other.sent)[0];
  }

  /**
   * What keeps further tasks from starting now, and how busy event loops were so far. For reports of the command line.
   *
   * @internal
   */
  pressure(): Pressure {
    return this.#core.pressure();
  }

  /**
   * What a successor of this executor must know to keep its limits. For the journal of the command line.
   *
   * @internal
   */
  limits(): LimitState {
    return this.#core.limits();
  }

  /**
   * Takes over the limits of an executor that has ended.
   *
   * @internal
   */
  takeOver(state: LimitState): void {
    this.#core.takeOver(state);
  }

  /**
   * Calls `onChange` when {@link limits} has changed by much.
   *
   * @internal
   */
  watchLimits(onChange: () => void): void {
    this.#core.onLimits = onChange;
  }

  /** Notes listeners of `taskfailed`, because these events are made only if there is one. */
  protected override listened(type: string): void {
    this.#core.intake.hearsFailures ||= type === "taskfailed";
  }

  /** The series that a call of `run()` without options joins. */
  #seriesOf(task: TaskReference) {
    const { intake, targets, options } = this.#core;
    return intake.seriesOf(targets.find(task, options.task.encoding));
  }

  #submit(task: TaskReference, input: unknown, options: TaskOptions | undefined, waiter: TaskWaiter): Task {
    const { intake, targets } = this.#core;
    const resolved = this.#resolved(options);
    return intake.take({ target: targets.find(task, resolved.encoding), input, options: resolved, waiter });
  }

  /** The options of a call with the executor's defaults, and its functions bound to the context of the call. */
  #resolved(options: TaskOptions | undefined) {
    return boundToCall(resolveTaskOptions(options, this.#core.options.task));
  }
}
