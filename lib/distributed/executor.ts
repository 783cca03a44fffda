/**
 * `Executor` over a broker: the same calls, run by workers on any machine that serve the same module.
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

import { refuseOldRuntime, resolveModule } from "../backends/default.ts";
import { ExecutorClosedError, TaskNotFoundError } from "../errors.ts";
import type { FeedSink, InputFeed } from "../executor/calls/feed.ts";
import { FlatMapResults } from "../executor/calls/flat_map.ts";
import { MapResults } from "../executor/calls/map.ts";
import { checkNames, count, flag, iterableOf, signalOf } from "../executor/options/checks.ts";
import { Idle } from "../executor/calls/idle.ts";
import { Readers } from "../executor/calls/readers.ts";
import { Ending, type EndingHost } from "../executor/ending.ts";
import { resolveCloseOptions } from "../executor/options/close_options.ts";
import { ExecutorEventTarget } from "../executor/event_target.ts";
import { Histogram } from "../executor/histogram.ts";
import type { AnyModule, TaskInput, TaskOutput, TasksOf, TaskYield } from "../executor/signatures.ts";
import type { Encoding } from "../wire/encoding.ts";
import type { CloseOptions } from "../executor/options/close_options.ts";
import type { MapInputs } from "../executor/options/map_options.ts";
import type { MapOutcome } from "../executor/task_handle.ts";
import type { EachOutput } from "../wire/encoding.ts";
import { fingerprint } from "../fingerprint.ts";
import { carrierHere, type SpanAttributes } from "../wire/telemetry.ts";
import { Broker } from "./broker/broker.ts";
import { parseUrl } from "./broker/broker_url.ts";
import { moduleName } from "./broker/module_name.ts";
import { checkName, newToken } from "./broker/names.ts";
import { MOST_INPUTS, traceSchema } from "./broker/protocol.ts";
import { chunkOptions } from "./chunk_options.ts";
import {
  EXECUTOR_OPTIONS,
  FLAT_MAP_OPTIONS,
  MAP_OPTIONS,
  REQUEST_OPTIONS,
  TASK_OPTIONS,
} from "./option_names.ts";
import { ChunkFeed, type FeedSpec } from "./producer/chunk_feed.ts";
import { Producer } from "./producer/producer.ts";
import { SharedCalls, type Waiter } from "./producer/shared_calls.ts";
import { outputsIn, valueSink } from "./producer/value_sink.ts";
import type {
  DistributedEvents,
  DistributedMapOptions,
  DistributedOptions,
  DistributedRequest,
  DistributedStats,
  DistributedTaskOptions,
} from "./types.ts";

/** Minimum number of inputs that a map pulls ahead of its reader: a few job chunks for a first worker. */
const LEAST_WINDOW = 256;

/**
 * Runs the functions of a module on workers that serve it ({@link serveTasks}, or `polyloop worker`), on any machine.
 *
 * Each task runs at least once and settles exactly once. Its context has a `key` that is the same in each attempt.
 * Inputs and results are sent as JSON. A value that JSON would change (a `Map`, `NaN`) fails with an error that names
 * its place. Inline functions, streams, `submit`, `running`, `priority`, `transfer` and `onProgress` are not available.
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
export class DistributedExecutor<M = AnyModule> extends ExecutorEventTarget<DistributedEvents> {
  /** The name of the run. */
  readonly runName: string;
  readonly #url: string;
  readonly #options: DistributedOptions;
  readonly #fingerprint: string;
  readonly #calls = new Map<string, SharedCalls>();
  /** Feeds with inputs that have no outcome. */
  readonly #open = new Set<ChunkFeed>();
  readonly #readers = new Readers(() => this.#lookSoon());
  readonly #idle = new Idle(() => void this.dispatchEvent(new CustomEvent("idle", { detail: {} })));
  readonly #ending: Ending;
  /** Whether `taskfailed` has ever had a listener. */
  #hearsFailures = false;
  #isPaused = false;
  #looks = false;
  #opening: Promise<string[] | undefined> | undefined;
  #broker: Broker | undefined;
  #producer: Producer | undefined;
  #failure: Error | undefined;
  /** Notices from before the first listener was added. */
  #unheard: string[] | undefined = [];
  #commit: (() => void) | undefined;
  #keysOf: FeedSpec["keysOf"];
  #onWait: ((line: string) => void) | undefined;
  #predecessor: string | undefined;
  #feeds = 0;
  /** Number of inputs without an outcome. */
  #left = 0;

  /**
   * Checks the options. The connection is opened by the first task or by {@link ready}.
   *
   * @param module where the functions are exported: a URL, or a path relative to the working directory
   * @param options the broker, the run, and the defaults of task options
   * @throws {TypeError} if the module is a function, or an option is unknown or of the wrong kind
   * @throws {RangeError} if a name, the URL or a number is out of range
   */
  constructor(module: URL | string, options: DistributedOptions) {
    super();
    refuseOldRuntime();
    checkNames(options, EXECUTOR_OPTIONS, { subject: "option of an executor over a broker" });
    if (options.tracing !== undefined) flag("tracing", options.tracing);
    const url = typeof module === "string" || module instanceof URL ? resolveModule(module) : null;
    if (url === null) throw new TypeError("A run over a broker needs a module: functions cannot be sent");
    this.runName = checkName("run", options.run ?? newToken());
    checkName("queue", options.queue ?? "default");
    parseUrl(options.redis);
    chunkOptions(options);
    const { chunkSize = 1 } = options;
    if (!Number.isInteger(chunkSize) || chunkSize < 1 || chunkSize > MOST_INPUTS) {
      throw new RangeError(`chunkSize must be a whole number from 1 to ${MOST_INPUTS}, got ${chunkSize}`);
    }
    this.#url = url;
    this.#options = options;
    this.#fingerprint = fingerprint(url);
    this.#ending = new Ending(this.#host(), this.#readers);
  }

  /**
   * Connects, takes the lock of the run, and finds out which workers are present.
   *
   * @returns the names of the tasks that the workers have; undefined if there are no workers yet
   * @throws {BrokerError} if the broker cannot be used
   * @throws {RunHeldError} if another producer has the run
   * @throws {ExecutorClosedError} if the executor was closed
   */
  async ready(): Promise<string[] | undefined> {
    if (this.#ending.isClosed) throw new ExecutorClosedError();
    return await (this.#opening ??= this.#start());
  }

  /**
   * Runs one task.
   *
   * @param task name of an export of the module
   * @param input the argument of the task, which is sent as JSON
   * @returns a promise of the task's result. It rejects with the task's error, the signal's reason, or the error that
   * ends the run.
   */
  run<K extends TasksOf<M>["names"]>(
    task: K,
    input?: TaskInput<M[K]>,
    options: DistributedTaskOptions = {},
  ): Promise<TaskOutput<M[K]>> {
    return new Promise((resolve, reject) => {
      checkNames(options, TASK_OPTIONS, { subject: "task option over a broker" });
      const { signal: given, ...others } = options;
      const signal = signalOf("signal", given);
      const waiter = { resolve: resolve as Waiter["resolve"], reject };
      if (signal?.aborted) return reject(signal.reason);
      if (this.#ending.isClosed) return reject(new ExecutorClosedError());
      if (!signal) return this.#callsLike(task, others).add(input, waiter);
      // On its own feed, because a feed is cancelled as a whole.
      const calls = this.#callsOf(task, others);
      const cancel = () => calls.feed.cancel(signal.reason);
      signal.addEventListener("abort", cancel, { once: true });
      const settled = (then: (value: unknown) => void) => (value: unknown) => {
        signal.removeEventListener("abort", cancel);
        then(value);
      };
      calls.add(input, { resolve: settled(waiter.resolve), reject: settled(waiter.reject) });
    });
  }

  /**
   * Runs a task for each of many inputs, as `Executor.map` does: lazy, bounded, in order unless `ordered` is false. With
   * `settled: true`, it yields an outcome for each input.
   */
  map<K extends TasksOf<M>["names"]>(
    task: K,
    inputs: MapInputs<TaskInput<M[K]>>,
    options: DistributedMapOptions & { settled: true },
  ): MapResults<MapOutcome<TaskOutput<M[K]>>>;
  /** Runs a task for each of many inputs, and yields results. The first error ends the map. */
  map<K extends TasksOf<M>["names"]>(
    task: K,
    inputs: MapInputs<TaskInput<M[K]>>,
    options?: DistributedMapOptions,
  ): MapResults<TaskOutput<M[K]>>;
  map(
    task: string,
    inputs: MapInputs<unknown>,
    options: DistributedMapOptions = {},
  ): MapResults<unknown> {
    checkNames(options, MAP_OPTIONS, { subject: "option of map() over a broker" });
    const { ordered = true, settled = false, window, drain, signal, ...others } = options;
    return new MapResults({
      ...this.#sourceOf(task, inputs, window),
      ordered: flag("ordered", ordered),
      settled: flag("settled", settled),
      signal: signalOf("signal", signal),
      drain: signalOf("drain", drain),
      openFeed: (sink) =>
        this.#feed(task, valueSink(sink), { input: "json", output: "json", indexed: true }, others),
    });
  }

  /**
   * Runs a generator task for each of many inputs, and yields what the generators yield, one by one, in the order of the inputs
   * unless `ordered` is false. The values of an input come when its task has succeeded. The first error ends the flat map.
   *
   * @throws {TypeError} if an option does not exist or is of the wrong kind
   */
  flatMap<K extends TasksOf<M>["names"]>(
    task: K,
    inputs: MapInputs<TaskInput<M[K]>>,
    options: Omit<DistributedMapOptions, "settled"> = {},
  ): FlatMapResults<TaskYield<M[K]>> {
    checkNames(options, FLAT_MAP_OPTIONS, { subject: "option of flatMap() over a broker" });
    const { ordered = true, window, drain, signal, ...others } = options;
    return new FlatMapResults({
      ...this.#sourceOf(task, inputs, window),
      ordered: flag("ordered", ordered),
      signal: signalOf("signal", signal),
      drain: signalOf("drain", drain),
      openFeed: (sink) => {
        const encoding = { input: "json", output: "json", indexed: true, each: true } as const;
        return this.#feed(task, valueSink(sink, outputsIn), encoding, others);
      },
    });
  }

  /** What a map over a broker needs to pull its inputs. */
  #sourceOf(task: string, inputs: MapInputs<unknown>, window: number | undefined) {
    const fixed = window === undefined ? undefined : count("window", window, 1);
    return {
      inputs,
      window: () => fixed ?? Math.max(LEAST_WINDOW, this.#producer?.appetite(task) ?? 0),
      slots: () => 1,
      open: this.#readers,
      isClosed: () => this.#ending.isClosed,
    };
  }

  /** Runs all of the tasks and resolves with their outcomes, in the order of the tasks. */
  executeTasks(tasks: Iterable<DistributedRequest<M>>): Promise<PromiseSettledResult<unknown>[]> {
    const run = async (request: DistributedRequest<M>) => {
      checkNames(request, REQUEST_OPTIONS, { subject: "task option over a broker" });
      const { task, input, ...options } = request;
      return await this.run(task, input as TaskInput<M[typeof task]>, options);
    };
    return Promise.allSettled([...iterableOf("The tasks of executeTasks()", tasks)].map(run));
  }

  /**
   * Opens a feed for the command line, which pushes inputs as lines. `sink` gets the outcomes.
   *
   * @internal
   */
  feed(
    task: unknown,
    sink: FeedSink,
    { encoding, spanOf, each, ...options }: Omit<DistributedTaskOptions, "signal"> & {
      encoding?: Encoding;
      each?: EachOutput;
      spanOf?: (index: number) => SpanAttributes;
    },
  ): InputFeed {
    const { input = "value", output = "value", batch } = encoding ?? {};
    if (input === "value" || output === "value") {
      throw new TypeError("Inputs and results are sent over a broker as text");
    }
    if (batch) throw new TypeError("Batches cannot be sent over a broker");
    if (typeof task !== "string") {
      throw new TypeError("Functions cannot be sent over a broker: name an export");
    }
    return this.#feed(task, sink, { input, output, spanOf, each: each !== undefined }, options);
  }

  /**
   * Sets the function that keeps results before their jobs are removed from Redis, and the keys of inputs.
   *
   * @internal
   */
  keepBy(
    { commit, keysOf }: { commit: () => void; keysOf: (first: number, count: number) => string[] },
  ): void {
    this.#commit = commit;
    this.#keysOf = keysOf;
  }

  /**
   * Sets what happens while {@link ready} waits for the run's lock. `onWait` gets the line for the user, before any notice. The
   * lock of `predecessor`, a process that is known to be gone, is taken at once.
   *
   * @internal
   */
  takeLockBy({ onWait, predecessor }: { onWait: (line: string) => void; predecessor?: string }): void {
    this.#onWait = onWait;
    this.#predecessor = predecessor;
  }

  /** Maximum number of tasks in flight in one thread or process of a worker. */
  get concurrency(): number {
    return this.#producer?.concurrency ?? 1;
  }

  /** Returns the current figures. */
  stats(): DistributedStats {
    const producer = this.#producer;
    const { succeeded = 0, failed = 0, retries = 0, quarantined = 0, duplicates = 0 } = producer?.counts ??
      {};
    const inFlight = producer?.inFlight ?? 0;
    const runTime = producer?.runTime ?? new Histogram();
    const { counts = {}, spent = {} } = producer?.sums ?? {};
    return {
      runTime: runTime.distribution(),
      utilization: producer?.utilization ?? 0,
      pending: Math.max(0, this.#left - inFlight),
      inFlight,
      succeeded,
      failed,
      retries,
      quarantined,
      duplicates,
      counts,
      spent,
      slots: producer?.slots ?? 0,
      workers: (producer?.workers ?? []).map((workerId) => ({ workerId })),
    };
  }

  /**
   * Stops handing out tasks until {@link resume} is called. Takes back tasks that wait in Redis. A job chunk that a
   * worker has begun runs to its end. `close()` ends the pause.
   */
  pause(): void {
    if (this.#ending.isClosed) return;
    this.#isPaused = true;
    void this.#producer?.pause();
  }

  /** Ends a {@link pause}. Tasks are handed out again. */
  resume(): void {
    this.#isPaused = false;
    this.#producer?.resume();
  }

  /** Whether the executor is paused. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Resolves when no task is pending or in flight, as `Executor.onIdle` does. */
  async onIdle(): Promise<void> {
    if (this.#left > 0) await this.#idle.wait();
  }

  /**
   * Not available over a broker, because only the worker knows which inputs of a job chunk run at the moment.
   *
   * @throws {TypeError} always
   */
  running(): never {
    throw new TypeError(
      "running() is not available over a broker: stats() has the number of tasks in flight",
    );
  }

  /**
   * Takes no more tasks, finishes its tasks and the maps that are being read, and releases the run. Options and maps
   * behave as with `Executor.close`.
   *
   * Once it has resolved, every promise and iterator of this executor has settled.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    await this.#ending.close(resolveCloseOptions(options));
  }

  /** Stops at once. Tasks that have not settled reject with an `ExecutorClosedError`; workers abort them. */
  async terminate(): Promise<void> {
    await this.#ending.terminate();
  }

  /** Does what {@link close} does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Emits the notices from before the first listener was added. */
  protected override listened(type: string): void {
    this.#hearsFailures ||= type === "taskfailed";
    if (type !== "notice") return;
    const unheard = this.#unheard ?? [];
    this.#unheard = undefined;
    for (const message of unheard) this.#notice(message);
  }

  #host(): EndingHost {
    const isBusy = () => this.#left > 0;
    return {
      get isBusy() {
        return isBusy();
      },
      // Streams are not available, so a task never waits for a reader.
      get isComputing() {
        return isBusy();
      },
      lookSoon: () => this.#lookSoon(),
      resume: () => this.resume(),
      dropWaiting: (error) => {
        for (const feed of this.#open) feed.drain(error());
      },
      halt: () => Promise.resolve(),
      rejectAll: (error) => {
        for (const feed of this.#open) feed.cancel(error());
      },
      release: async () => {
        await this.#opening?.catch(() => {});
        await this.#producer?.stop();
        await this.#broker?.close();
      },
    };
  }

  async #start(): Promise<string[] | undefined> {
    let started: Producer | undefined;
    try {
      const broker = this.#broker = await Broker.open(this.#options);
      for (const warning of broker.warnings) this.#notice(warning);
      const producer = started = new Producer({
        broker,
        run: this.runName,
        module: moduleName(this.#url),
        fingerprint: this.#fingerprint,
        chunkSize: this.#options.chunkSize,
        predecessor: this.#predecessor,
        host: {
          commit: () => this.#commit?.(),
          notice: (line) => this.#notice(line),
          waits: (line) => this.#onWait ? this.#onWait(line) : this.#notice(line),
          failed: (error) => this.#failed(error),
        },
      });
      const tasks = await producer.start();
      this.#producer = producer;
      if (this.#isPaused) void producer.pause();
      for (const feed of this.#open) this.#filled(feed);
      return tasks;
    } catch (error) {
      this.#failed(error as Error);
      for (const feed of this.#open) feed.cancel(error);
      await started?.stop();
      await this.#broker?.close();
      throw error;
    }
  }

  #failed(error: Error): void {
    this.#failure = error;
    this.dispatchEvent(new CustomEvent("failed", { detail: { error } }));
  }

  #notice(message: string): void {
    if (this.#unheard) return void this.#unheard.push(message);
    this.dispatchEvent(new CustomEvent("notice", { detail: { message } }));
  }

  /** Returns the group of calls that share job chunks with this one. */
  #callsLike(task: string, options: Omit<DistributedTaskOptions, "signal">): SharedCalls {
    const key = JSON.stringify([task, options, this.#traceHere()]);
    const known = this.#calls.get(key);
    if (known && !known.feed.isDrained) return known;
    const calls: SharedCalls = this.#callsOf(task, options, () => {
      // Otherwise a group would be kept for each span or set of options.
      if (this.#calls.get(key) === calls) this.#calls.delete(key);
    });
    this.#calls.set(key, calls);
    return calls;
  }

  #callsOf(
    task: string,
    options: Omit<DistributedTaskOptions, "signal">,
    emptied?: () => void,
  ): SharedCalls {
    return new SharedCalls(
      (sink) => this.#feed(task, sink, { input: "json", output: "json" }, options),
      emptied,
    );
  }

  /** Returns the active span in the form in which it is sent; undefined if there is none, or it is too large. */
  #traceHere(): FeedSpec["trace"] {
    const { tracing = true } = this.#options;
    const carrier = tracing ? carrierHere() : undefined;
    return carrier && traceSchema.safeParse(carrier).data;
  }

  #feed(
    task: string,
    sink: FeedSink,
    encoding: Pick<FeedSpec, "input" | "output" | "indexed" | "each" | "spanOf">,
    options: Omit<DistributedTaskOptions, "signal">,
  ): ChunkFeed {
    return new ChunkFeed({
      spec: {
        task,
        ...encoding,
        options: { ...chunkOptions(this.#options), ...chunkOptions(options) },
        trace: this.#traceHere(),
        keysOf: this.#keysOf,
      },
      number: ++this.#feeds,
      sink: this.#tellingFailures(task, sink),
      host: {
        counted: (feed, came, settled) => this.#counted(feed, came, settled),
        filled: (feed) => this.#filled(feed),
        withdraw: async (chunks, options) =>
          await this.#producer?.withdraw(chunks, options) ?? chunks.map(() => true),
      },
    });
  }

  #tellingFailures(task: string, sink: FeedSink): FeedSink {
    return {
      succeeded: (...results) => sink.succeeded(...results),
      retried: (...attempt) => sink.retried?.(...attempt),
      settled: (index, outcome) => {
        if (!outcome.ok && this.#hearsFailures) {
          const detail = { task, error: outcome.value, attempts: outcome.task?.attempt ?? 0 };
          this.dispatchEvent(new CustomEvent("taskfailed", { detail }));
        }
        sink.settled(index, outcome);
      },
    };
  }

  #filled(feed: ChunkFeed): void {
    if (this.#failure) return feed.cancel(this.#failure);
    if (this.#ending.isOver) return feed.cancel(new ExecutorClosedError());
    this.#open.add(feed);
    const { task } = feed.spec;
    const tasks = this.#producer?.tasks;
    if (tasks && !tasks.includes(task)) {
      return feed.cancel(new TaskNotFoundError(task, moduleName(this.#url), tasks));
    }
    if (this.#producer) return this.#producer.filled(feed);
    // Callers that wait for a task get the error, so it can be ignored here.
    this.ready().catch(() => {});
  }

  #counted(feed: ChunkFeed, came: number, settled: number): void {
    if (feed.left === 0) this.#open.delete(feed);
    this.#left += came - settled;
    if (this.#left === 0) this.#lookSoon();
    else if (came > 0) this.#idle.look(true);
  }

  /** Checks at the end of the turn, when a map has pulled its next inputs. */
  #lookSoon(): void {
    if (this.#looks) return;
    this.#looks = true;
    queueMicrotask(() => {
      this.#looks = false;
      this.#idle.look(this.#left > 0);
      this.#ending.look();
    });
  }
}
