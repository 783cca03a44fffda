/**
 * Runs the tasks of a `DistributedExecutor`: puts the inputs of each call into feeds, and hands the feeds to the producer of the run
 * once the broker is connected.
 */

import { resolveModule } from "../backends/default.ts";
import { ExecutorClosedError, TaskNotFoundError } from "../errors.ts";
import type { FeedSink, InputFeed } from "../executor/calls/feed.ts";
import { Idle } from "../executor/calls/idle.ts";
import { Readers } from "../executor/calls/readers.ts";
import { Ending, type EndingHost } from "../executor/ending.ts";
import { Histogram } from "../executor/histogram.ts";
import { limitPerOf } from "../executor/options/limit_per.ts";
import { ratesOf } from "../executor/options/rate_options.ts";
import { NO_RETRY, retryOf } from "../executor/options/retry_options.ts";
import type { LimitState } from "../executor/queue/limit_state.ts";
import { checkNames, count, finite, flag, functionOf, signalOf, time } from "../executor/options/checks.ts";
import type { Call, MapWay, SubmittedTask, TaskRunner, Waiter } from "../executor/task_runner.ts";
import { fingerprint } from "../fingerprint.ts";
import type { EachOutput, Encoding } from "../wire/encoding.ts";
import { boundHere } from "../wire/async_context.ts";
import { carrierHere, type SpanAttributes } from "../wire/telemetry.ts";
import { Broker } from "./broker/broker.ts";
import { parseUrl } from "./broker/broker_url.ts";
import { moduleName } from "./broker/module_name.ts";
import { checkName, newToken } from "./broker/names.ts";
import { type ChunkOptions, MOST_INPUTS, traceSchema } from "./broker/protocol.ts";
import { chunkOptions } from "./chunk_options.ts";
import { checkTask, refuseUnavailable, UNAVAILABLE, unavailable } from "./unavailable.ts";
import {
  EXECUTOR_OPTIONS,
  FLAT_MAP_OPTIONS,
  MAP_OPTIONS,
  REQUEST_OPTIONS,
  TASK_OPTIONS,
} from "./option_names.ts";
import { ChunkFeed, type FeedSpec } from "./producer/chunk_feed.ts";
import { type RunLimits, termsOf } from "./producer/input_terms.ts";
import { KeyShares } from "./producer/key_shares.ts";
import { Producer } from "./producer/producer.ts";
import { SharedCalls } from "./producer/shared_calls.ts";
import { outputsIn, valueSink } from "./producer/value_sink.ts";
import type {
  DistributedEvents,
  DistributedMapOptions,
  DistributedOptions,
  DistributedStats,
  DistributedTaskOptions,
} from "./types.ts";

/** Minimum number of inputs that a map pulls ahead of its reader: a few job chunks for a first worker. */
const LEAST_WINDOW = 256;

/** The names of the options of each call, and what a message calls them. */
const OPTIONS = {
  map: { names: MAP_OPTIONS, subject: "option of map() over a broker" },
  flatMap: { names: FLAT_MAP_OPTIONS, subject: "option of flatMap() over a broker" },
  request: { names: REQUEST_OPTIONS, subject: "task option over a broker" },
  task: { names: TASK_OPTIONS, subject: "task option over a broker" },
};

/** The form of inputs and results of the library's calls. */
const JSON_BOTH_WAYS = { input: "json", output: "json" } as const;
const CALLS = { ...JSON_BOTH_WAYS, areCalls: true };

/** The options of a feed of the command line. */
export interface BrokerFeedOptions extends Omit<DistributedTaskOptions, "signal" | "onProgress"> {
  encoding?: Encoding;
  each?: EachOutput;
  spanOf?: (index: number) => SpanAttributes;
}

/** How the command line keeps results before their jobs are removed from Redis, and the keys of inputs. */
export interface Keeping {
  commit: () => void;
  keysOf: (first: number, count: number) => string[];
}

/** What happens while a run waits for its lock. The lock of `predecessor`, which is known to be gone, is taken at once. */
export interface LockTaking {
  onWait: (line: string) => void;
  predecessor?: string;
}

/** Runs tasks on workers over a broker. */
export class BrokerRunner implements TaskRunner {
  readonly runName: string;
  readonly readers: Readers = new Readers(() => this.#lookSoon());
  readonly idle: Idle = new Idle(() => this.#emit("idle", {}));
  readonly ending: Ending;
  readonly #target: EventTarget;
  readonly #url: string;
  readonly #options: DistributedOptions;
  readonly #fingerprint: string;
  /** The options of tasks without their own. */
  readonly #defaults: ChunkOptions;
  readonly #limits: RunLimits;
  readonly #shares: KeyShares | undefined;
  #limitsBefore: LimitState | undefined;
  #onLimits: (() => void) | undefined;
  readonly #calls = new Map<string, SharedCalls>();
  /** Feeds with inputs that have no outcome. */
  readonly #open = new Set<ChunkFeed>();
  /** Whether `taskfailed` and `retry` have ever had a listener. */
  #hearsFailures = false;
  #hearsRetries = false;
  #looks = false;
  #opening: Promise<string[] | undefined> | undefined;
  #broker: Broker | undefined;
  #producer: Producer | undefined;
  #failure: Error | undefined;
  /** Notices from before the first listener was added. */
  #unheard: string[] | undefined = [];
  #keeping: Keeping | undefined;
  #lockTaking: LockTaking | undefined;
  #feeds = 0;
  #submitted = 0;
  /** Number of inputs without an outcome. */
  #left = 0;
  /** Number of tasks that have failed here: cancelled tasks, and inputs that cannot be sent. */
  #failedHere = 0;

  constructor(module: URL | string, options: DistributedOptions, target: EventTarget) {
    checkNames(options, EXECUTOR_OPTIONS, { subject: "option of an executor over a broker" });
    if (options.tracing !== undefined) flag("tracing", options.tracing);
    const url = typeof module === "string" || module instanceof URL ? resolveModule(module) : null;
    if (url === null) throw new TypeError("A run over a broker needs a module: functions cannot be sent");
    this.runName = checkName("run", options.run ?? newToken());
    checkName("queue", options.queue ?? "default");
    parseUrl(options.redis);
    const { pause = false, ...retry } = options.retry ?? {};
    this.#defaults = chunkOptions({ ...options, retry: options.retry && retry });
    const limitPer = limitPerOf(options.limitPer);
    this.#limits = { rates: ratesOf(options.rate), limitPer, pause: retryOf({ pause }, NO_RETRY).pause };
    this.#shares = limitPer && new KeyShares(limitPer.most, () => this.#producer?.refill());
    finite("priority", options.priority ?? 0);
    time("waitWorkers", options.waitWorkers ?? Infinity);
    const { chunkSize = 1 } = options;
    if (!Number.isInteger(chunkSize) || chunkSize < 1 || chunkSize > MOST_INPUTS) {
      throw new RangeError(`chunkSize must be a whole number from 1 to ${MOST_INPUTS}, got ${chunkSize}`);
    }
    this.#target = target;
    this.#url = url;
    this.#options = options;
    this.#fingerprint = fingerprint(url);
    this.ending = new Ending(this.#host(), this.readers);
  }

  /** Connects, takes the lock of the run, and finds out which tasks the present workers have. */
  async ready(): Promise<string[] | undefined> {
    if (this.ending.isClosed) throw new ExecutorClosedError();
    return await (this.#opening ??= this.#start());
  }

  get concurrency(): number {
    return this.#producer?.concurrency ?? 1;
  }

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
      failed: failed + this.#failedHere,
      retries,
      quarantined,
      duplicates,
      counts,
      spent,
      rates: producer?.starts?.found ?? this.#limits.rates.map(({ amount }) => amount),
      slots: producer?.slots ?? 0,
      workers: producer?.workers ?? [],
    };
  }

  check(call: Call | "task", options: unknown): void {
    const { names, subject } = OPTIONS[call];
    refuseUnavailable(options, UNAVAILABLE);
    checkNames(options, names, { subject });
  }

  run(task: string, input: unknown, options: DistributedTaskOptions = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      // A task with a function of its own has a feed of its own.
      if (options.signal || options.onProgress) {
        return void this.submit(task, input, options, { resolve, reject });
      }
      this.check("task", options);
      checkTask(task);
      if (this.ending.isClosed) return reject(new ExecutorClosedError());
      this.#callsLike(task, options).add(input, { resolve, reject });
    });
  }

  submit(
    task: string,
    input: unknown,
    options: DistributedTaskOptions = {},
    waiter: Waiter,
  ): SubmittedTask {
    this.check("task", options);
    checkTask(task);
    const signal = signalOf("signal", options.signal);
    const report = functionOf("onProgress", options.onProgress);
    // On its own feed, because a feed is cancelled as a whole.
    const calls = new SharedCalls((sink) =>
      this.#feed(
        task,
        sink,
        { ...CALLS, onProgress: report && throwingLater(boundHere(report)) },
        options,
      )
    );
    const { feed } = calls;
    let isSettled = false;
    const cancel = () => feed.cancel(signal!.reason);
    const settled = (settle: (value: unknown) => void) => (value: unknown) => {
      isSettled = true;
      signal?.removeEventListener("abort", cancel);
      settle(value);
    };
    const own = { resolve: settled(waiter.resolve), reject: settled(waiter.reject) };
    if (this.ending.isClosed) own.reject(new ExecutorClosedError());
    else if (signal?.aborted) {
      this.#failedHere++;
      own.reject(signal.reason);
    } else {
      signal?.addEventListener("abort", cancel, { once: true });
      calls.add(input, own);
    }
    return {
      id: ++this.#submitted,
      get state() {
        return isSettled ? "settled" : feed.size > 0 ? "pending" : "running";
      },
      cancel: (reason) => feed.cancel(reason),
      setPriority: (priority) => {
        feed.priority = priority;
        if (feed.size > 0) this.#producer?.filled(feed);
      },
    };
  }

  stream(): never {
    throw unavailable(
      "stream()",
      "values of a task come with its outcome. Use flatMap(), which yields what generators have yielded, one by one",
    );
  }

  mapWay(
    task: string,
    { signal: _, ...options }: DistributedMapOptions,
    { window, each }: Parameters<TaskRunner["mapWay"]>[2],
  ): MapWay {
    checkTask(task);
    const fixed = window === undefined ? undefined : count("window", window, 1);
    const encoding = { ...JSON_BOTH_WAYS, indexed: true, each };
    return {
      window: () => fixed ?? Math.max(LEAST_WINDOW, this.#producer?.appetite(task) ?? 0),
      slots: () => 1,
      openFeed: (sink) => this.#feed(task, valueSink(sink, each ? outputsIn : JSON.parse), encoding, options),
    };
  }

  /** Opens a feed of the command line, which pushes inputs as lines. */
  feed(task: unknown, sink: FeedSink, { encoding, spanOf, each, ...options }: BrokerFeedOptions): InputFeed {
    const { input = "value", output = "value", batch } = encoding ?? {};
    if (input === "value" || output === "value") {
      throw new TypeError("Inputs and results are sent over a broker as text");
    }
    if (batch) throw new TypeError("Batches cannot be sent over a broker");
    checkTask(task);
    // The functions of the command line read lines.
    const read = (text: string) => text;
    return this.#feed(task, sink, { input, output, spanOf, each: each !== undefined, read }, options);
  }

  /** Sets how results are kept. */
  keepBy(keeping: Keeping): void {
    this.#keeping = keeping;
  }

  /** Returns what a successor must know to keep the limits. */
  limits(): LimitState {
    return this.#producer?.starts?.state() ?? { rates: [], opens: 0, keys: [] };
  }

  /** Goes on after the limits of an executor that has ended. */
  takeOver(state: LimitState): void {
    this.#limitsBefore = state;
    this.#producer?.starts?.takeOver(state);
  }

  /** Sets what is called when {@link limits} has changed by much. */
  watchLimits(changed: () => void): void {
    this.#onLimits = changed;
  }

  /** Sets how the run takes its lock. */
  takeLockBy(taking: LockTaking): void {
    this.#lockTaking = taking;
  }

  /** Takes note that a listener was added. The first one for notices gets the earlier notices. */
  listened(type: string): void {
    this.#hearsFailures ||= type === "taskfailed";
    this.#hearsRetries ||= type === "retry";
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
      setPaused: (isPaused) => void (isPaused ? this.#producer?.pause() : this.#producer?.resume()),
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
        predecessor: this.#lockTaking?.predecessor,
        waitWorkers: time("waitWorkers", this.#options.waitWorkers ?? Infinity),
        limits: this.#limits,
        shares: this.#shares,
        host: {
          commit: () => this.#keeping?.commit(),
          notice: (line) => this.#notice(line),
          waits: (line) => this.#lockTaking ? this.#lockTaking.onWait(line) : this.#notice(line),
          failed: (error) => this.#failed(error),
          paused: (delay, key) => this.#emit("pause", { key, delay }),
          limitsChanged: () => this.#onLimits?.(),
        },
      });
      if (this.#limitsBefore) producer.starts?.takeOver(this.#limitsBefore);
      const tasks = await producer.start();
      this.#producer = producer;
      if (this.ending.isPaused) void producer.pause();
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

  #emit<K extends keyof DistributedEvents>(type: K, detail: DistributedEvents[K]["detail"]): void {
    this.#target.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #failed(error: Error): void {
    this.#failure = error;
    this.#emit("failed", { error });
  }

  #notice(message: string): void {
    if (this.#unheard) return void this.#unheard.push(message);
    this.#emit("notice", { message });
  }

  /** Returns the group of calls that share job chunks with this one. */
  #callsLike(task: string, options: DistributedTaskOptions): SharedCalls {
    const key = JSON.stringify([task, options, this.#traceHere()]);
    const known = this.#calls.get(key);
    if (known && !known.feed.isDrained) return known;
    const calls: SharedCalls = new SharedCalls(
      (sink) => this.#feed(task, sink, CALLS, options),
      // Otherwise a group would be kept for each span or set of options.
      () => void (this.#calls.get(key) === calls && this.#calls.delete(key)),
    );
    this.#calls.set(key, calls);
    return calls;
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
    { read = JSON.parse, ...encoding }:
      & Pick<FeedSpec, "input" | "output" | "indexed" | "each" | "spanOf" | "areCalls" | "onProgress">
      & { read?: (text: string) => unknown },
    options: DistributedTaskOptions,
  ): ChunkFeed {
    return new ChunkFeed({
      spec: {
        task,
        ...encoding,
        options: { ...this.#defaults, ...chunkOptions(options) },
        trace: this.#traceHere(),
        keysOf: this.#keeping?.keysOf,
        termsOf: this.#termsOf(read),
        shares: this.#shares,
        tellsRetries: this.#hearsRetries,
      },
      number: ++this.#feeds,
      priority: finite("priority", options.priority ?? this.#options.priority ?? 0),
      sink: this.#tellingFailures(task, sink),
      host: {
        counted: (...counts) => this.#counted(...counts),
        filled: (feed) => this.#filled(feed),
        withdraw: async (chunks, options) =>
          await this.#producer?.withdraw(chunks, options) ?? chunks.map(() => true),
      },
    });
  }

  /** What tells the terms of an input, from the value that `read` makes of its text; undefined if all inputs count the same. */
  #termsOf(read: (text: string) => unknown): FeedSpec["termsOf"] {
    const { limitPer, rates } = this.#limits;
    if (!limitPer && rates.every(({ weight }) => weight === undefined)) return undefined;
    return (text) => termsOf(read(text), this.#limits);
  }

  #tellingFailures(task: string, sink: FeedSink): FeedSink {
    return {
      succeeded: (...results) => sink.succeeded(...results),
      retried: (index, facts, error) => {
        this.#emit("retry", { task, attempt: facts.attempt, error });
        sink.retried?.(index, facts, error);
      },
      settled: (index, outcome) => {
        if (!outcome.ok && this.#hearsFailures) {
          this.#emit("taskfailed", { task, error: outcome.value, attempts: outcome.task?.attempt ?? 0 });
        }
        sink.settled(index, outcome);
      },
    };
  }

  #filled(feed: ChunkFeed): void {
    if (this.#failure) return feed.cancel(this.#failure);
    if (this.ending.isOver) return feed.cancel(new ExecutorClosedError());
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

  #counted(feed: ChunkFeed, came: number, settled: number, failed: boolean): void {
    if (failed) this.#failedHere++;
    if (feed.left === 0) this.#open.delete(feed);
    this.#left += came - settled;
    if (this.#left === 0) this.#lookSoon();
    else if (came > 0) this.idle.look(true);
  }

  /** Checks at the end of the turn, when a map has pulled its next inputs. */
  #lookSoon(): void {
    if (this.#looks) return;
    this.#looks = true;
    queueMicrotask(() => {
      this.#looks = false;
      this.idle.look(this.#left > 0);
      this.ending.look();
    });
  }
}

/** A function whose errors are unhandled errors of the program, because they are no errors of the run. */
function throwingLater(report: (value: unknown) => void): (value: unknown) => void {
  return (value) => {
    try {
      report(value);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  };
}
