/**
 * `Executor` over a broker: the same calls, and the workers are processes on any machine that serve the same module.
 * Long because each method states its types and what it promises.
 *
 * @module
 */

import { refuseOldRuntime, resolveModule } from "../backends/default.ts";
import { ExecutorClosedError, TaskNotFoundError } from "../errors.ts";
import type { FeedSink, InputFeed } from "../executor/calls/feed.ts";
import { MapResults } from "../executor/calls/map.ts";
import { after } from "../executor/deadlines.ts";
import { Histogram } from "../executor/histogram.ts";
import { checkNames, count, flag, iterableOf, oneOf, signalOf, time } from "../executor/checks.ts";
import { Idle } from "../executor/calls/idle.ts";
import { Listeners } from "../executor/calls/listeners.ts";
import { letMicrotasksRun } from "../executor/microtasks.ts";
import { CLOSE_OPTIONS } from "../executor/option_names.ts";
import { resolveOptions } from "../executor/options.ts";
import { Readers } from "../executor/calls/readers.ts";
import type { ExecutorStats } from "../executor/stats.ts";
import type {
  AnyModule,
  CloseOptions,
  Encoding,
  MapInputs,
  MapOutcome,
  TaskInput,
  TaskOutput,
  TasksOf,
} from "../executor/types.ts";
import { fingerprint } from "../fingerprint.ts";
import { carrierHere, type SpanAttributes } from "../wire/telemetry.ts";
import { Broker } from "./broker/broker.ts";
import { parseUrl } from "./broker/broker_url.ts";
import { ChunkFeed, type FeedSpec } from "./producer/chunk_feed.ts";
import { moduleName } from "./broker/module_name.ts";
import { checkName, newToken } from "./broker/names.ts";
import {
  EXECUTOR_OPTIONS,
  MAP_OPTIONS,
  REQUEST_OPTIONS,
  RETRY_OPTIONS,
  TASK_OPTIONS,
} from "./option_names.ts";
import { Producer } from "./producer/producer.ts";
import { type ChunkOptions, MOST_INPUTS, traceSchema } from "./broker/protocol.ts";
import type {
  DistributedMapOptions,
  DistributedOptions,
  DistributedRequest,
  DistributedTaskOptions,
} from "./types.ts";
import { valueSink } from "./producer/value_sink.ts";

/** A map pulls so many inputs ahead, at least. */
const LEAST_WINDOW = 256;

/** The figures of a run over a broker. */
export interface DistributedStats
  extends Pick<ExecutorStats, "succeeded" | "failed" | "retries" | "utilization" | "runTime"> {
  /** Tasks that wait here. */
  pending: number;
  /** Tasks in Redis or on workers. */
  inFlight: number;
  /** Tasks that were run alone because chunks that they were in were lost twice. */
  quarantined: number;
  /** Results that came a second time and were dropped. */
  duplicates: number;
  /** Slots of the workers that serve the run. */
  slots: number;
  /** The workers that results came from. */
  workers: { workerId: number }[];
}

/** The events of an executor over a broker. */
export interface DistributedEvents {
  /** Something that a user may want to know: no worker yet, the broker is away, and the like. */
  notice: CustomEvent<{ message: string }>;
  /** No task is pending or in flight any more. */
  idle: CustomEvent<Record<string, never>>;
  /** A task has failed, and is not tried again. `attempts` is 0 if it was never sent to a worker. */
  taskfailed: CustomEvent<{ task: string; error: unknown; attempts: number }>;
  /** The run cannot go on; all that is left rejects with `error`. */
  failed: CustomEvent<{ error: Error }>;
}

/** The input of a call of `run()`, until it has settled. */
interface Waiter {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Calls of `run()` that are alike. */
interface Calls {
  feed: ChunkFeed;
  add(input: unknown, waiter: Waiter): void;
}

/**
 * Runs the functions of a module on workers that serve it ({@link serveTasks}, or `polyloop worker`), on any machine.
 *
 * Each task is run at least once and settles exactly once; its context has a `key` that is the same in each attempt. Inputs
 * and results cross as JSON: one that JSON would change (a `Map`, `NaN`) fails with its place. There are no inline functions, streams, `submit`, `running`, `priority`, `transfer` and `onProgress`.
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
export class DistributedExecutor<M = AnyModule> extends EventTarget {
  /** The name of the run. */
  readonly runName: string;
  readonly #url: string;
  readonly #options: DistributedOptions;
  readonly #listeners = new Listeners();
  readonly #fingerprint: string;
  readonly #calls = new Map<string, Calls>();
  readonly #open = new Set<ChunkFeed>();
  readonly #readers = new Readers(() => this.#lookSoon());
  readonly #idle = new Idle(() => this.dispatchEvent(new CustomEvent("idle", { detail: {} })));
  #isPaused = false;
  #looks = false;
  #opening: Promise<string[] | undefined> | undefined;
  #broker: Broker | undefined;
  #producer: Producer | undefined;
  #failure: Error | undefined;
  /** Whether anyone has ever listened to `taskfailed`. */
  #hearsFailures = false;
  /** Notices from before anybody listened. */
  #unheard: string[] | undefined = [];
  #commit: (() => void) | undefined;
  #keysOf: FeedSpec["keysOf"];
  #feeds = 0;
  /** Inputs without an outcome. */
  #left = 0;
  #drained: PromiseWithResolvers<void> | undefined;
  /** Whether no more calls are taken. */
  #closed = false;
  /** Whether nothing starts any more, not even what was handed in before. */
  #over = false;
  #closing: Promise<void> | undefined;

  /**
   * Connects with the first task, or {@link ready}.
   *
   * @throws {RangeError} if a name, the URL or a number is out of range
   */
  constructor(module: URL | string, options: DistributedOptions) {
    super();
    refuseOldRuntime();
    checkNames(options, EXECUTOR_OPTIONS, { subject: "option of an executor over a broker" });
    if (options.tracing !== undefined) flag("tracing", options.tracing);
    const url = typeof module === "string" || module instanceof URL ? resolveModule(module) : null;
    if (url === null) throw new TypeError("A run over a broker needs a module: functions do not cross");
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
  }

  /**
   * Connects, takes the run, and looks which workers are there. Resolves with the names of the tasks that they have;
   * with nothing if there are none yet.
   *
   * Rejects with a `BrokerError` or `RunHeldError`.
   */
  async ready(): Promise<string[] | undefined> {
    if (this.#closed) throw new ExecutorClosedError();
    return await (this.#opening ??= this.#start());
  }

  /**
   * Runs one task and resolves with its result. Rejects with what it throws, with the signal's reason, or with what
   * keeps the run from going on.
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
      if (this.#closed) return reject(new ExecutorClosedError());
      if (!signal) return this.#sharedCalls(task, others).add(input, waiter);
      // Alone, because a feed is cancelled as a whole.
      const { feed, add } = this.#callsOf(task, others);
      const cancel = () => feed.cancel(signal.reason);
      signal.addEventListener("abort", cancel, { once: true });
      const settled = (then: (value: unknown) => void) => (value: unknown) => {
        signal.removeEventListener("abort", cancel);
        then(value);
      };
      waiter.resolve = settled(waiter.resolve);
      waiter.reject = settled(waiter.reject);
      add(input, waiter);
    });
  }

  /**
   * Runs a task for each of many inputs, as `Executor.map` does: lazy, bounded, in order unless `ordered` is false.
   */
  map<K extends TasksOf<M>["names"]>(
    task: K,
    inputs: MapInputs<TaskInput<M[K]>>,
    options: DistributedMapOptions & { settled: true },
  ): MapResults<MapOutcome<TaskOutput<M[K]>>>;
  /** The same, with results alone: the first error ends it. */
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
    const fixed = window === undefined ? undefined : count("window", window, 1);
    return new MapResults({
      inputs,
      window: () => fixed ?? Math.max(LEAST_WINDOW, this.#producer?.appetite(task) ?? 0),
      slots: () => 1,
      open: this.#readers,
      ordered: flag("ordered", ordered),
      settled: flag("settled", settled),
      signal: signalOf("signal", signal),
      drain: signalOf("drain", drain),
      isClosed: () => this.#closed,
      openFeed: (sink) =>
        this.#feed(task, valueSink(sink), { input: "json", output: "json", indexed: true }, others),
    });
  }

  /** Runs all of the tasks and resolves, in their order, with what became of each. */
  executeTasks(tasks: Iterable<DistributedRequest<M>>): Promise<PromiseSettledResult<unknown>[]> {
    const run = async (request: DistributedRequest<M>) => {
      checkNames(request, REQUEST_OPTIONS, { subject: "task option over a broker" });
      const { task, input, ...options } = request;
      return await this.run(task, input as TaskInput<M[typeof task]>, options);
    };
    return Promise.allSettled([...iterableOf("The tasks of executeTasks()", tasks)].map(run));
  }

  /**
   * The way by which the command line hands in its inputs, as lines, and hears of them.
   *
   * @internal
   */
  feed(
    task: unknown,
    sink: FeedSink,
    { encoding, spanOf, ...options }: Omit<DistributedTaskOptions, "signal"> & {
      encoding?: Encoding;
      spanOf?: (index: number) => SpanAttributes;
    },
  ): InputFeed {
    const { input = "value", output = "value", batch } = encoding ?? {};
    if (input === "value" || output === "value") throw new TypeError("What crosses a broker is text");
    if (batch) throw new TypeError("What crosses a broker are inputs, not arrays of them");
    if (typeof task !== "string") throw new TypeError("Functions do not cross a broker: name an export");
    return this.#feed(task, sink, { input, output, spanOf }, options);
  }

  /**
   * What is to be done before results that were handed on are removed from Redis, and the keys of inputs.
   *
   * @internal
   */
  keepBy(
    { commit, keysOf }: { commit: () => void; keysOf: (first: number, count: number) => string[] },
  ): void {
    this.#commit = commit;
    this.#keysOf = keysOf;
  }

  /** How many tasks each thread or process of a worker may have in flight. */
  get concurrency(): number {
    return this.#producer?.concurrency ?? 1;
  }

  /** The figures of this moment. */
  stats(): DistributedStats {
    const producer = this.#producer;
    const { succeeded = 0, failed = 0, retries = 0, quarantined = 0, duplicates = 0 } = producer?.counts ??
      {};
    const inFlight = producer?.inFlight ?? 0;
    const runTime = producer?.runTime ?? new Histogram();
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
      slots: producer?.slots ?? 0,
      workers: (producer?.workers ?? []).map((workerId) => ({ workerId })),
    };
  }

  /**
   * Hands out no tasks until {@link resume} is called, and takes back those that wait in Redis. A chunk that a worker has
   * begun goes on to its end. `close()` ends the pause.
   */
  pause(): void {
    if (this.#closed) return;
    this.#isPaused = true;
    void this.#producer?.pause();
  }

  /** Ends a {@link pause}: tasks are handed out again. */
  resume(): void {
    this.#isPaused = false;
    this.#producer?.resume();
  }

  /** Whether {@link pause} holds. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Resolves when no task is pending or in flight, as `Executor.onIdle` does. */
  async onIdle(): Promise<void> {
    if (this.#left > 0) await this.#idle.wait();
  }

  /**
   * Not to be had over a broker: which inputs of a chunk run at the moment, only its worker knows.
   *
   * @throws {TypeError} always
   */
  running(): never {
    throw new TypeError(
      "running() is not available over a broker: stats() has the number of tasks in flight",
    );
  }

  /**
   * Takes no more tasks, finishes those it has, maps that are being read included, and lets the run go. The options are
   * those of `Executor.close`, and maps end as they do there.
   *
   * Once it has resolved, every promise and iterator of this executor has settled.
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

  /** Stops at once. Tasks that have not settled reject with an `ExecutorClosedError`; workers abort them. */
  async terminate(): Promise<void> {
    this.#closing ??= this.#close();
    this.#over = true;
    const error = () => new ExecutorClosedError("The executor was terminated before the task was done");
    // First, or else they would pull more as tasks fail.
    this.#readers.end(error);
    for (const feed of this.#open) feed.cancel(error());
    this.#drained!.resolve();
    await this.#closing;
  }

  /** The same as {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Listens for an event of {@link DistributedEvents}, in the `AsyncLocalStorage` context in which this is called. */
  override addEventListener<K extends keyof DistributedEvents>(
    type: K,
    listener: ((event: DistributedEvents[K]) => void) | null,
    options?: Parameters<EventTarget["addEventListener"]>[2],
  ): void;
  /** Listens for any other event. */
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
    if (type !== "notice") return;
    const unheard = this.#unheard ?? [];
    this.#unheard = undefined;
    for (const message of unheard) this.#notice(message);
  }

  /** Listens no more. */
  override removeEventListener(
    type: string,
    listener: Parameters<EventTarget["removeEventListener"]>[1],
    options?: Parameters<EventTarget["removeEventListener"]>[2],
  ): void {
    super.removeEventListener(type, this.#listeners.removed(type, listener, options), options);
  }

  async #start(): Promise<string[] | undefined> {
    let started: Producer | undefined;
    try {
      const broker = this.#broker = await Broker.open(this.#options);
      for (const warning of broker.warnings) this.#notice(warning);
      const producer = new Producer({
        broker,
        run: this.runName,
        module: moduleName(this.#url),
        fingerprint: this.#fingerprint,
        chunkSize: this.#options.chunkSize,
        commit: () => this.#commit?.(),
        notice: (line) => this.#notice(line),
        failed: (error) => this.#failed(error),
      });
      started = producer;
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

  #sharedCalls(task: string, options: Omit<DistributedTaskOptions, "signal">): Calls {
    const key = JSON.stringify([task, options, this.#traceHere()]);
    let calls = this.#calls.get(key);
    if (!calls || calls.feed.isDrained) {
      const made: Calls = calls = this.#callsOf(task, options, () => {
        // Else there were one for each span or set of options that ever was.
        if (this.#calls.get(key) === made) this.#calls.delete(key);
      });
      this.#calls.set(key, made);
    }
    return calls;
  }

  /** In which span the program is, as it crosses; not one that is too much to cross. */
  #traceHere(): FeedSpec["trace"] {
    const { tracing = true } = this.#options;
    const carrier = tracing ? carrierHere() : undefined;
    return carrier && traceSchema.safeParse(carrier).data;
  }

  /** `empty` is called whenever none of its calls is open. */
  #callsOf(
    task: string,
    options: Omit<DistributedTaskOptions, "signal">,
    empty: () => void = () => {},
  ): Calls {
    const waiters = new Map<number, Waiter>();
    let count = 0;
    const take = (index: number) => {
      const waiter = waiters.get(index)!;
      waiters.delete(index);
      if (waiters.size === 0) empty();
      return waiter;
    };
    const feed = this.#feed(
      task,
      valueSink({
        succeeded(index, _micros, values) {
          for (let at = 0; at < values.length; at++) take(index + at).resolve(values.at(at));
        },
        settled: (index, { ok, value }) => ok ? take(index).resolve(value) : take(index).reject(value),
      }),
      { input: "json", output: "json" },
      options,
    );
    return {
      feed,
      add(input, waiter) {
        waiters.set(count++, waiter);
        feed.push([input]);
        feed.arrived();
      },
    };
  }

  #feed(
    task: string,
    sink: FeedSink,
    encoding: Pick<FeedSpec, "input" | "output" | "indexed" | "spanOf">,
    options: Omit<DistributedTaskOptions, "signal">,
  ): ChunkFeed {
    const defaults = chunkOptions(this.#options);
    const spec = {
      task,
      ...encoding,
      options: { ...defaults, ...chunkOptions(options) },
      trace: this.#traceHere(),
      keysOf: this.#keysOf,
    };
    let left = 0;
    const feed: ChunkFeed = new ChunkFeed({
      spec,
      number: ++this.#feeds,
      sink: this.#tellingFailures(task, sink),
      host: {
        counted: (came, settled) => {
          left += came - settled;
          if (left === 0) this.#open.delete(feed);
          this.#counted(came, settled);
        },
        filled: () => this.#filled(feed),
        withdraw: async (chunks, options) =>
          await this.#producer?.withdraw(chunks, options) ?? chunks.map(() => true),
      },
    });
    return feed;
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
    if (this.#over) return feed.cancel(new ExecutorClosedError());
    this.#open.add(feed);
    const { task } = feed.spec;
    const tasks = this.#producer?.tasks;
    if (tasks && !tasks.includes(task)) {
      return feed.cancel(new TaskNotFoundError(task, moduleName(this.#url), tasks));
    }
    if (this.#producer) return this.#producer.filled(feed);
    // Callers that wait for a task are told; nobody else need be.
    this.ready().catch(() => {});
  }

  #counted(came: number, settled: number): void {
    this.#left += came - settled;
    if (this.#left === 0) this.#lookSoon();
    else if (came > 0) this.#idle.look(true);
  }

  /** Looks at the end of the turn: by then a map has pulled what comes next. */
  #lookSoon(): void {
    if (this.#looks) return;
    this.#looks = true;
    queueMicrotask(() => {
      this.#looks = false;
      this.#lookAround();
    });
  }

  #lookAround(): void {
    if (this.#left > 0) return;
    this.#idle.look(false);
    if (!this.#drained) return;
    const isOver = this.#readers.endUnread(
      () => new ExecutorClosedError("The executor was closed, and nobody read these results any more"),
      { onlySlots: false },
    );
    if (isOver) this.#drained.resolve();
  }

  async #close(): Promise<void> {
    this.#closed = true;
    this.resume();
    this.#drained = Promise.withResolvers();
    this.#lookSoon();
    await this.#drained.promise;
    this.#over = true;
    this.#readers.stop();
    await this.#opening?.catch(() => {});
    await this.#producer?.stop();
    await this.#broker?.close();
    await letMicrotasksRun();
  }

  /** Cancels what no worker has begun. */
  #drop(): void {
    const error = () => new ExecutorClosedError("The executor was closed before the task was started");
    // First, or else they would pull more as tasks fail.
    this.#readers.dry(error);
    for (const feed of this.#open) feed.drain(error());
  }
}

/** The options that go with a chunk. */
function chunkOptions({ timeout, gracePeriod, retry }: DistributedTaskOptions): ChunkOptions {
  if (retry !== undefined) {
    checkNames(retry, RETRY_OPTIONS, { subject: "option over a broker", path: "retry" });
  }
  // Checked as those of any executor.
  resolveOptions({ timeout, gracePeriod, retry });
  const finite = <T extends Record<string, unknown>>(options: T) =>
    Object.fromEntries(
      Object.entries(options).filter(([, value]) => value !== undefined && value !== Infinity).map(
        ([key, value]) => [key, key === "jitter" ? Number(value) : value],
      ),
    );
  const chunk: ChunkOptions = finite({ timeout, gracePeriod });
  if (retry) chunk.retry = { ...finite(retry), ...(retry.attempts === Infinity ? { attempts: 1e9 } : {}) };
  return chunk;
}
