/**
 * The class `Executor`: the public interface of the library. `task_executor.ts` has the calls that it shares with
 * `DistributedExecutor`, and `local_runner.ts` hands each call to the parts in `core.ts`, which do the work.
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
 * `Intake` makes tasks, `Limits` cancels them, and `Closing` ends the executor. Queue and pool use the executor only by
 * their host interfaces, `queue/host.ts` and `pool/host.ts`.
 */

import { refuseOldRuntime, type StartWorker } from "../backends/default.ts";
import { ExecutorClosedError } from "../errors.ts";
import type { Feed, FeedSink } from "./tasks/feed.ts";
import type { Task } from "./tasks/task.ts";
import type { TaskReference } from "./tasks/target_table.ts";
import type { LocalCalls } from "./call_types.ts";
import type { Core } from "./core.ts";
import { Events } from "./events.ts";
import { LocalRunner, type StreamParts } from "./local_runner.ts";
import { count as checkCount } from "./options/checks.ts";
import type { ExecutorOptions } from "./options/executor_options.ts";
import type { FeedOptions } from "./options/feed_options.ts";
import { concurrencyOf, resolveOptions } from "./options/resolve.ts";
import type { BroadcastOptions, TaskOptions } from "./options/task_options.ts";
import type { AnyModule, AnyTask, TaskInput, TaskOutput, TasksOf } from "./signatures.ts";
import { TaskExecutor } from "./task_executor.ts";
import type { TaskInFlight } from "./tasks/task_handle.ts";

/**
 * Runs the functions of a module on a pool of workers, many at a time on each worker. Nothing starts before the first task
 * or {@link Executor.ready}. The calls `run`, `submit`, `map`, `flatMap`, `stream`, `executeTasks`, `pause`, `close` and others are
 * those of {@link TaskExecutor}.
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
export class Executor<M = AnyModule> extends TaskExecutor<M, LocalCalls> {
  readonly #runner: LocalRunner;

  /**
   * Makes an executor. Workers start later, as tasks come.
   *
   * @param module The module that exports the tasks: a URL, or a path relative to the working directory; `null` if only inline functions
   * are run. In a bundled program: a function that starts a worker whose entry passes the module to `serve()` (see {@link StartWorker}).
   * @param options Options of the executor, and defaults for the options of its tasks.
   * @throws {Error} if the runtime is too old: the message says which version is needed
   * @throws {RangeError} if an option's number is out of range
   * @throws {TypeError} if an option does not exist or is of the wrong kind, or this runtime has no such workers
   * @throws {PermissionsUnsupportedError} if this runtime cannot enforce `permissions`
   */
  constructor(module: URL | string | StartWorker | null, options: ExecutorOptions = {}) {
    refuseOldRuntime();
    let runner: LocalRunner;
    super((target) => runner = new LocalRunner(module, resolveOptions(options), new Events(target)));
    this.#runner = runner!;
  }

  /**
   * Opens the feed by which {@link map} hands in its inputs. The command line uses it directly, because it has its inputs in blocks and
   * limits their number itself.
   *
   * @internal
   */
  feed(task: TaskReference, sink: FeedSink, options: FeedOptions): Feed {
    return this.#runner.feed(task, sink, options);
  }

  /**
   * Runs a self-contained function once on every worker. Workers that do not run yet are started.
   *
   * @param task A function. It is sent as source text, so it must not use outer variables.
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
    return await this.#runner.broadcast(task, input, options);
  }

  /**
   * Starts workers and waits until they are ready.
   *
   * @param count Number of workers.
   * @defaultValue `count`: all workers
   * @returns The names of the module's tasks.
   * @throws {RangeError} if `count` is no whole number of at least 1
   * @throws {ModuleLoadError} if the module cannot be loaded, its `setup` fails, or both together take longer than `startTimeout`
   * @throws {ExecutorClosedError} if the executor was closed
   */
  override async ready(count: number = this.#runner.core.options.maxWorkers): Promise<string[]> {
    checkCount("count", count, 1);
    const { ending, slotTime, pool, options: { maxWorkers } } = this.#runner.core;
    if (ending.isClosed) throw new ExecutorClosedError();
    slotTime.begin();
    const positions = Array.from({ length: Math.min(count, maxWorkers) }, (_, position) => position);
    const [first] = await Promise.all(positions.map((position) => pool.ready(position)));
    return first?.exports ?? [];
  }

  /**
   * The tasks that are on workers at this moment.
   *
   * @returns One entry for each task, and for each body that goes on after its task was cancelled or timed out.
   */
  running(): TaskInFlight[] {
    const now = performance.now();
    return this.#runner.core.pool.all.flatMap((handle) => handle.tasks.running(now));
  }

  /**
   * Replaces every worker by a fresh one, which loads the module anew. The successor starts and takes over once it is ready; the
   * old worker finishes its tasks, runs `teardown` and ends. Tasks that are handed in meanwhile run on either. With
   * `isolation: "none"` the module is the program's own and keeps its state.
   *
   * @returns A promise that resolves when all old workers are gone.
   * @throws {ModuleLoadError} if no successor can be started; the old workers then stay
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
    if (this.#runner.core.ending.isClosed) throw new ExecutorClosedError();
    await this.#runner.core.pool.recycleAll();
  }

  /**
   * Changes how many tasks each worker may have in flight. If it grows, more tasks start at once; if it shrinks, tasks that run
   * may end first.
   *
   * @param concurrency The new number. With `"auto"`, the number from which it goes on, at most 1,024.
   * @throws {RangeError} if it is no whole number of at least 1
   */
  setConcurrency(concurrency: number): void {
    this.#runner.core.setConcurrency(concurrencyOf(concurrency));
  }

  /**
   * Hands in a task whose values are taken one by one. For workers over a broker.
   *
   * @internal
   */
  submitStream(task: string, input: unknown, options: TaskOptions, parts: StreamParts): Task {
    return this.#runner.submitStream(task, input, options, parts);
  }

  /**
   * The parts of this executor, for reports, the journal and the limits of the command line.
   *
   * @internal
   */
  get core(): Core {
    return this.#runner.core;
  }

  /** Notes listeners of `taskfailed`, because these events are made only if there is one. */
  protected override listened(type: string): void {
    this.#runner.core.intake.hearsFailures ||= type === "taskfailed";
  }
}
