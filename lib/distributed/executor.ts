/**
 * `Executor` over a broker: the calls of `TaskExecutor`, run by workers on any machine that serve the same module.
 * `runner/broker_runner.ts` takes the calls.
 *
 *     producer: this process                       │  broker: Redis     │  worker: `serveTasks()`
 *                                                  │                    │
 *     run ┐                                        │                    │
 *     map ┴▶ ChunkFeed ─▶ Cutter ─▶ OpenChunks ────┼─▶ BullMQ's queue ──┼▶ JobTaker ─▶ ChunkRun ─▶ Executor
 *            (inputs       (job       (one job     │   of the module's  │   (checks   (one job    (threads,
 *             that wait)    chunks)    each)       │   version          │    jobs)     chunk)      processes)
 *               ▲                                  │                    │                 │
 *               │ settle, once                     │                    │                 │
 *            Intake ◀─── Producer: checks every ◀──┼── the jobs' states,◀┼─────────────────┘
 *            (checks)    two seconds, or when woken│   parts of results │
 *
 * The producer's table of open job chunks is the truth, and each input settles once. `README.md` in this folder
 * describes the way of a job chunk and the guarantees.
 */

import { refuseOldRuntime } from "../backends/default.ts";
import type { FeedSink, InputFeed } from "../executor/tasks/feed.ts";
import type { AnyModule } from "../executor/signatures.ts";
import { TaskExecutor } from "../executor/task_executor.ts";
import { type BrokerFeedOptions, BrokerRunner } from "./runner/broker_runner.ts";
import type { Keeping } from "./runner/keeping.ts";
import { unavailable } from "./options/unavailable.ts";
import type { DistributedCalls, DistributedOptions } from "./options/types.ts";

/**
 * Runs the functions of a module on workers that serve it ({@link serveTasks}, or `polyloop worker`), on any machine.
 *
 * Its calls are those of {@link TaskExecutor}. Each task runs at least once and settles exactly once. Its context has a `key` that is
 * the same in each attempt. Inputs and results are sent as JSON. A value that JSON would change (a `Map`, `NaN`) fails with an error
 * that names its place. `submit()` sends each task as a job of its own, and its state is `"running"` as soon as the broker has it.
 * Tasks of a higher priority are handed to the broker first, also before those of other runs; those that it has come before. Values
 * that a body reports to `onProgress` may be lost with the connection to the broker, results and values of streams never. Inline
 * functions, `running`, `broadcast`, `transfer` and `key` are refused, each with a line that says what to do instead.
 *
 * @example
 * ```ts ignore
 * import { DistributedExecutor } from "@polyloop/polyloop/distributed";
 *
 * await using executor = new DistributedExecutor<typeof import("../../tests/examples/sha256.ts")>(
 *   new URL("../../tests/examples/sha256.ts", import.meta.url),
 *   { redis: "redis://127.0.0.1:6379" },
 * );
 * for await (const line of executor.map("sha256sum", ["LICENSE", "README.md"])) console.log(line);
 * ```
 */
export class DistributedExecutor<M = AnyModule> extends TaskExecutor<M, DistributedCalls> {
  /** The name of the run. */
  readonly runName: string;
  readonly #runner: BrokerRunner;

  /**
   * Checks the options. The connection is opened by the first task or by {@link ready}.
   *
   * @param module where the functions are exported: a URL, or a path relative to the working directory
   * @param options the broker, the run, and the defaults of task options
   * @throws {TypeError} if the module is a function, or an option is unknown or of the wrong kind
   * @throws {RangeError} if a name, the URL or a number is out of range
   */
  constructor(module: URL | string, options: DistributedOptions) {
    refuseOldRuntime();
    let runner: BrokerRunner;
    super((target) => runner = new BrokerRunner(module, options, target));
    this.#runner = runner!;
    this.runName = runner!.runName;
  }

  /**
   * Connects, takes the lock of the run, and finds out which workers are present.
   *
   * @returns the names of the tasks that the workers have; undefined if there are no workers yet
   * @throws {BrokerError} if the broker cannot be used
   * @throws {RunHeldError} if another producer has the run
   * @throws {ExecutorClosedError} if the executor was closed
   */
  override async ready(): Promise<string[] | undefined> {
    return await this.#runner.ready();
  }

  /**
   * Opens a feed for the command line, which pushes inputs as lines. `sink` gets the outcomes.
   *
   * @internal
   */
  feed(task: unknown, sink: FeedSink, options: BrokerFeedOptions): InputFeed {
    return this.#runner.feed(task, sink, options);
  }

  /**
   * How the command line keeps a run, so that it can go on later.
   *
   * @internal
   */
  get keeping(): Keeping {
    return this.#runner.keeping;
  }

  /**
   * Not available over a broker, because only the worker knows which inputs of a job chunk run at the moment.
   *
   * @throws {TypeError} always
   */
  running(): never {
    throw unavailable(
      "running()",
      "only workers know which tasks run. stats() has the number of tasks in flight",
    );
  }

  /**
   * Not available over a broker, because workers come and go.
   *
   * @throws {TypeError} always
   */
  broadcast(): never {
    throw unavailable("broadcast()", "workers come and go. Do it in setup(), which each worker calls once");
  }

  /**
   * Not available over a broker, because workers serve other runs, too.
   *
   * @throws {TypeError} always
   */
  recycleWorkers(): never {
    throw unavailable("recycleWorkers()", "workers serve other runs, too. Give recycle to serveTasks()");
  }

  /**
   * Not available over a broker, because workers serve other runs, too.
   *
   * @throws {TypeError} always
   */
  setConcurrency(): never {
    throw unavailable("setConcurrency()", "workers serve other runs, too. Give concurrency to serveTasks()");
  }

  /** Emits the notices from before the first listener was added. */
  protected override listened(type: string): void {
    this.#runner.events.listened(type);
  }
}
