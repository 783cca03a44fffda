/** The base class of `Executor` and `DistributedExecutor`: their common calls, with the documentation of each. A runner runs the tasks. */

import type { CallTypes, OptionsFor, SharedCalls } from "./call_types.ts";
import { FlatMapResults } from "./calls/flat_map.ts";
import { MapResults } from "./calls/map.ts";
import type { TaskStream } from "./calls/stream.ts";
import { ExecutorEventTarget } from "./event_target.ts";
import { finite, flag, iterableOf, signalOf } from "./options/checks.ts";
import { type CloseOptions, resolveCloseOptions } from "./options/close_options.ts";
import { type MapInputs, type MapOptions, resolveAdding } from "./options/map_options.ts";
import type {
  AnyModule,
  FunctionArguments,
  TaskArguments,
  TaskInput,
  TaskOutput,
  TaskRequest,
  TasksOf,
  TaskYield,
} from "./signatures.ts";
import type { MapOutcome, TaskHandle } from "./tasks/task_handle.ts";
import type { Call, TaskRunner } from "./task_runner.ts";

/**
 * The calls that executors have in common: `Executor` runs tasks on workers of this program, `DistributedExecutor` on workers over a
 * broker. A function that takes a `TaskExecutor` works with either.
 *
 * @typeParam M The type of the module: `typeof import("./tasks.ts")`. Without it, names and inputs are not checked.
 * @typeParam T The types of options, events and figures. Default: what both executors have.
 */
export abstract class TaskExecutor<M = AnyModule, T extends CallTypes = SharedCalls>
  extends ExecutorEventTarget<T["events"]> {
  readonly #runner: TaskRunner;

  /**
   * Makes an executor whose tasks are run by what `start` returns.
   *
   * @internal
   */
  constructor(start: (target: EventTarget) => TaskRunner) {
    super();
    this.#runner = start(this);
  }

  /**
   * Runs a self-contained function and resolves with its result.
   *
   * The input is copied when it is sent to a worker, not when `run()` is called: change it once the task has settled, or pass
   * `structuredClone(input)`.
   *
   * @param task A function. It is sent as source text, so it must not use outer variables.
   * @param args The input, then the options of this task.
   * @returns The result. Rejects with what the task throws; with the reason of `options.signal` if that aborts; with a `TaskTimeoutError`
   * after `timeout` or `queueTimeout`; with a `TaskCloneError` if the input or the result cannot be sent; with a `TaskInputError` if the
   * input does not fit its encoding or schema; with a `WorkerLostError` if the worker ends; with a `ModuleLoadError` if no worker can load
   * the module; with a `QueueFullError` if the queue is full and `onFull` is "reject"; with an `ExecutorClosedError` after `close()`.
   * @throws {TypeError} as a rejection, if an option does not exist or is of the wrong kind, or the function has no source text
   * @throws {RangeError} as a rejection, if an option's number is out of range
   */
  // TypeScript 7 reports only the last overload that does not fit: here and below it is the one with the names. The first one
  // takes a string as well, with more arguments than anyone passes: so no compiler reports that a name is no function.
  run<F extends T["function"] | string>(
    task: F,
    ...args: FunctionArguments<F, T["task"]>
  ): Promise<TaskOutput<F>>;
  /**
   * Runs an export of the module and resolves with its result.
   *
   * The input is copied when it is sent to a worker, not when `run()` is called: change it once the task has settled, or pass
   * `structuredClone(input)`.
   *
   * @param task The name of the export; `"default"` for the default export.
   * @param args The input, then the options of this task.
   * @returns The result. Rejects with what the task throws; with the reason of `options.signal` if that aborts; with a `TaskTimeoutError`
   * after `timeout` or `queueTimeout`; with a `TaskCloneError` if the input or the result cannot be sent; with a `TaskInputError` if the
   * input does not fit its encoding or schema; with a `TaskNotFoundError` if the module exports no function of that name; with a
   * `WorkerLostError` if the worker ends; with a `ModuleLoadError` if no worker can load the module; with a `QueueFullError` if the queue
   * is full and `onFull` is "reject"; with an `ExecutorClosedError` after `close()`.
   * @throws {TypeError} as a rejection, if an option does not exist or is of the wrong kind
   * @throws {RangeError} as a rejection, if an option's number is out of range
   */
  run<K extends TasksOf<M>["names"]>(
    task: K,
    ...args: TaskArguments<TaskInput<M[K]>, T["task"]>
  ): Promise<TaskOutput<M[K]>>;
  run(task: unknown, input?: unknown, options?: T["task"]): Promise<unknown> {
    return this.#runner.run(task, input, options);
  }

  /**
   * Starts a self-contained function as a task, which can be asked for its state and cancelled.
   *
   * @param task A function. It is sent as source text, so it must not use outer variables.
   * @param args The input, then the options of this task.
   * @returns A handle; its `result` settles as the promise of {@link run} does.
   * @throws {TypeError} if an option does not exist or is of the wrong kind, or the function has no source text
   * @throws {RangeError} if an option's number is out of range
   */
  submit<F extends T["function"] | string>(
    task: F,
    ...args: FunctionArguments<F, T["task"]>
  ): TaskHandle<TaskOutput<F>>;
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
    ...args: TaskArguments<TaskInput<M[K]>, T["task"]>
  ): TaskHandle<TaskOutput<M[K]>>;
  submit(task: unknown, input?: unknown, options?: T["task"]): TaskHandle {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const submitted = this.#runner.submit(task, input, options, { resolve, reject });
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
   * @param task A function. It is sent as source text, so it must not use outer variables.
   * @param inputs A sync or async iterable. It is pulled no further than `options.window` ahead of the reader.
   * @param options Options of the map and of its tasks, with `settled: true`.
   * @returns An async iterable of outcomes, in the order of the inputs unless `ordered` is false. It rejects only if the iterable
   * of inputs fails, `options.signal` aborts, or the executor is closed.
   * @throws {TypeError} if an option does not exist or is of the wrong kind
   * @throws {RangeError} if an option's number is out of range
   */
  map<F extends T["function"]>(
    task: F,
    inputs: MapInputs<TaskInput<F>>,
    options: OptionsFor<T, "map", TaskInput<F>> & { settled: true },
  ): MapResults<MapOutcome<TaskOutput<F>>>;
  /**
   * Runs a self-contained function for each of many inputs and yields the results.
   *
   * The first failure is thrown and cancels the rest. Leaving the loop early cancels the tasks under way and waits until none
   * of their bodies runs. Promises among the inputs are awaited one by one, as `for await` does: no further input is pulled
   * until then, and the first that rejects ends the map.
   *
   * @param task A function. It is sent as source text, so it must not use outer variables.
   * @param inputs A sync or async iterable. It is pulled no further than `options.window` ahead of the reader.
   * @param options Options of the map and of its tasks.
   * @returns An async iterable of results, in the order of the inputs unless `ordered` is false. Its `toArray()` resolves with all of them.
   * It rejects with the first error that {@link run} would reject with for one of the inputs, and with what the iterable of inputs throws.
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
  map<F extends T["function"]>(
    task: F,
    inputs: MapInputs<TaskInput<F>>,
    options?: OptionsFor<T, "map", TaskInput<F>>,
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
    options: OptionsFor<T, "map", TaskInput<M[K]>> & { settled: true },
  ): MapResults<MapOutcome<TaskOutput<M[K]>>>;
  /**
   * Runs an export of the module for each of many inputs and yields the results.
   *
   * The first failure is thrown and cancels the rest. Leaving the loop early cancels the tasks under way and waits until none
   * of their bodies runs. Promises among the inputs are awaited one by one, as `for await` does: no further input is pulled
   * until then, and the first that rejects ends the map.
   *
   * @param task The name of the export; `"default"` for the default export.
   * @param inputs A sync or async iterable. It is pulled no further than `options.window` ahead of the reader.
   * @param options Options of the map and of its tasks.
   * @returns An async iterable of results, in the order of the inputs unless `ordered` is false. Its `toArray()` resolves with all of them.
   * It rejects with the first error that {@link run} would reject with for one of the inputs, and with what the iterable of inputs throws.
   * @throws {TypeError} if an option does not exist or is of the wrong kind
   * @throws {RangeError} if an option's number is out of range
   */
  map<K extends TasksOf<M>["names"]>(
    task: K,
    inputs: MapInputs<TaskInput<M[K]>>,
    options?: OptionsFor<T, "map", TaskInput<M[K]>>,
  ): MapResults<TaskOutput<M[K]>>;
  map(task: unknown, inputs: MapInputs<unknown>, options: MapOptions<never> = {}): MapResults<unknown> {
    const reading = this.#reading("map", task, inputs, options);
    const { settled = false } = options;
    return new MapResults({ ...reading, settled: flag("settled", settled) });
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
   * outer variables.
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
  flatMap<F extends T["function"]>(
    task: F,
    inputs: MapInputs<TaskInput<F>>,
    options?: OptionsFor<T, "flatMap", TaskInput<F>>,
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
    options?: OptionsFor<T, "flatMap", TaskInput<M[K]>>,
  ): FlatMapResults<TaskYield<M[K]>>;
  flatMap(
    task: unknown,
    inputs: MapInputs<unknown>,
    options: MapOptions<never> = {},
  ): FlatMapResults<unknown> {
    return new FlatMapResults(this.#reading("flatMap", task, inputs, options));
  }

  /**
   * Runs a self-contained generator function and yields what it yields, as it comes.
   *
   * A value leaves its worker before the generator goes on, even if it never awaits. A slow reader slows the generator. A
   * reader that leaves aborts the generator's signal and closes it at its next `yield`.
   *
   * @param task A generator function. It is sent as source text, so it must not use outer variables.
   * @param args The input, then the options of this task.
   * @returns An async iterable of the values. It rejects as the promise of {@link run} does, after the values that came before.
   * @throws {TypeError} if an option does not exist or is of the wrong kind, or the function has no source text
   * @throws {RangeError} if an option's number is out of range
   */
  stream<F extends T["function"] | string>(
    task: F,
    ...args: FunctionArguments<F, T["task"]>
  ): TaskStream<TaskYield<F>>;
  /**
   * Runs a generator function that the module exports and yields what it yields, as it comes.
   *
   * A value leaves its worker before the generator goes on, even if it never awaits. A slow reader slows the generator. A
   * reader that leaves aborts the generator's signal and closes it at its next `yield`.
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
    ...args: TaskArguments<TaskInput<M[K]>, T["task"]>
  ): TaskStream<TaskYield<M[K]>>;
  stream(task: unknown, input?: unknown, options?: T["task"]): TaskStream<unknown> {
    return this.#runner.stream(task, input, options);
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
  executeTasks(tasks: Iterable<TaskRequest<M, T["task"]>>): Promise<PromiseSettledResult<unknown>[]> {
    const run = async (request: TaskRequest<M, T["task"]>) => {
      this.#runner.check("request", request);
      const { task, input, ...options } = request;
      return await this.#runner.run(task, input, options);
    };
    // All tasks are read before the first one is submitted, so that an iterable that throws starts none.
    return Promise.allSettled([...iterableOf("The tasks of executeTasks()", tasks)].map(run));
  }

  /**
   * Gets ready before the first task: starts workers, or connects to the broker.
   *
   * @returns The names of the module's tasks; undefined if no worker is present yet.
   */
  abstract ready(): Promise<string[] | undefined>;

  /**
   * Starts no tasks until {@link resume} is called. Tasks that run go on. Tasks that are handed in meanwhile wait, and their
   * `queueTimeout` counts. `close()` ends the pause. Over a broker, a job chunk that a worker has begun runs to its end.
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
    this.#runner.ending.pause();
  }

  /** Ends a {@link pause}: tasks start again. */
  resume(): void {
    this.#runner.ending.resume();
  }

  /** Whether the executor is paused by {@link pause}. */
  get isPaused(): boolean {
    return this.#runner.ending.isPaused;
  }

  /**
   * Waits until no task is pending or in flight. Inputs that a map has not pulled yet do not count. The event `idle` reports the
   * same, each time.
   *
   * @returns A promise that resolves at once if there is no such task.
   */
  async onIdle(): Promise<void> {
    if (this.#runner.ending.isBusy) await this.#runner.idle.wait();
  }

  /**
   * Takes no more tasks, finishes the tasks it has, runs `teardown` in every worker and stops the workers. Over a broker, it
   * releases the run, and the workers go on.
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
    await this.#runner.ending.close(resolveCloseOptions(options));
  }

  /**
   * Stops all workers at once. As soon as the workers are gone, tasks that have not settled, and maps and streams that are being
   * read, reject with an `ExecutorClosedError`. Over a broker, the workers are told to abort the bodies, and go on.
   *
   * Once it has resolved, every promise and iterator of this executor has settled, and no body runs here. Two kinds of bodies
   * cannot be stopped. On Deno, a thread goes on with a body that computes without a pause. With `isolation: "none"`, a body
   * that ignores its signal goes on; it is waited for as long as `gracePeriod`, but at least one second and at most five.
   */
  async terminate(): Promise<void> {
    await this.#runner.ending.terminate();
  }

  /** Closes the executor, as {@link close} does. `await using` calls it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * The number of tasks that each worker may have in flight. With `"auto"`, the number that has proved best so far. Over a broker,
   * the largest number of one worker thread or process.
   */
  get concurrency(): number {
    return this.#runner.concurrency;
  }

  /**
   * Counts of tasks by state, times, and facts about the workers.
   *
   * @returns The figures of this moment. They do not change later.
   */
  stats(): T["stats"] {
    return this.#runner.stats() as T["stats"];
  }

  /** Checks the options of a map, and returns what its reader needs. */
  #reading(call: Call, task: unknown, inputs: MapInputs<unknown>, options: MapOptions<never>) {
    const runner = this.#runner;
    runner.check(call, options);
    const { ordered = true, settled: _, window, drain: given, revisit, maxInputs, ...others } = options;
    const drain = signalOf("drain", given);
    return {
      ...runner.mapWay(task, others, { window, drain, each: call === "flatMap" }),
      ...resolveAdding({ revisit, maxInputs }),
      inputs,
      ordered: flag("ordered", ordered),
      signal: signalOf("signal", options.signal),
      drain,
      open: runner.readers,
      isClosed: () => runner.ending.isClosed,
    };
  }
}
