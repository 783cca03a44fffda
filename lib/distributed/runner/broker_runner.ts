/**
 * Runs the tasks of a `DistributedExecutor`: puts the inputs of each call into feeds, which the producer of the run takes
 * once the broker is connected.
 */

import { ExecutorClosedError } from "../../errors.ts";
import type { FeedSink, InputFeed } from "../../executor/tasks/feed.ts";
import { Idle } from "../../executor/calls/idle.ts";
import { Readers } from "../../executor/calls/readers.ts";
import { STREAM_WINDOW, TaskStream } from "../../executor/calls/stream.ts";
import { Ending, type EndingHost } from "../../executor/ending.ts";
import { Histogram } from "../../executor/basics/histogram.ts";
import type { FeedOptions } from "../../executor/options/feed_options.ts";
import { checkNames, count, functionOf, signalOf } from "../../executor/options/checks.ts";
import type { Call, MapWay, TaskRunner, Waiter } from "../../executor/task_runner.ts";
import type { Encoding } from "../../wire/encoding.ts";
import { boundHere } from "../../wire/async_context.ts";
import { RunConnection } from "./run_connection.ts";
import { Keeping } from "./keeping.ts";
import { FLAT_MAP_OPTIONS, MAP_OPTIONS, REQUEST_OPTIONS, TASK_OPTIONS } from "../options/option_names.ts";
import { callTerms } from "../options/chunk_options.ts";
import { type ResolvedRun, resolveRun } from "../options/run_options.ts";
import { checkTask, refuseUnavailable, UNAVAILABLE } from "../options/unavailable.ts";
import { RunEvents } from "./run_events.ts";
import type {
  DistributedMapOptions,
  DistributedOptions,
  DistributedStats,
  DistributedTaskOptions,
} from "../options/types.ts";
import { type FeedForm, OpenFeeds } from "./open_feeds.ts";
import { CallGroups } from "./shared_calls.ts";
import { submitted } from "./submitted_task.ts";
import { outputsIn, valueSink } from "./value_sink.ts";

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

/** The figures of a run that has not begun. */
const NONE = {
  ...{
    succeeded: 0,
    failed: 0,
    retries: 0,
    quarantined: 0,
    duplicates: 0,
    inFlight: 0,
    slots: 0,
    utilization: 0,
  },
  ...{ counts: {}, spent: {}, workers: [] },
};

/** The options of a feed of the command line. */
export interface BrokerFeedOptions
  extends
    Omit<DistributedTaskOptions, "signal" | "onProgress">,
    Pick<FeedOptions, "each" | "spanOf" | "adds" | "timed" | "prints"> {
  encoding?: Encoding;
  /** Maximum number of inputs that one call takes. Without it, each call takes one. */
  batch?: number;
}

export class BrokerRunner implements TaskRunner {
  readonly keeping: Keeping = new Keeping();
  readonly events: RunEvents;
  readonly readers: Readers = new Readers(() => this.#lookSoon());
  readonly idle: Idle = new Idle(() => this.events.emit("idle", {}));
  readonly ending: Ending;
  readonly #run: ResolvedRun;
  readonly #connection: RunConnection;
  readonly #feeds: OpenFeeds;
  readonly #groups = new CallGroups();
  #looks = false;
  #opening: Promise<string[] | undefined> | undefined;
  #submitted = 0;

  constructor(module: URL | string, options: DistributedOptions, target: EventTarget) {
    const run = this.#run = resolveRun(module, options);
    const events = this.events = new RunEvents(target);
    const ending = this.ending = new Ending(this.#endingHost(), this.readers);
    const parts = { run, events, keeping: this.keeping };
    const failed = (error: Error) => this.#feeds.cancel(() => error);
    const connection = this.#connection = new RunConnection({ ...parts, failed });
    this.#feeds = new OpenFeeds({
      ...parts,
      connection,
      host: {
        get isOver() {
          return ending.isOver;
        },
        // Callers that wait for a task get the error, so it can be ignored here.
        needsProducer: () => void this.ready().catch(() => {}),
        changed: () => this.#feeds.left > 0 ? this.idle.look(true) : this.#lookSoon(),
      },
    });
  }

  get runName(): string {
    return this.#run.run;
  }

  /** Connects, takes the lock of the run, and finds out which tasks the present workers have. */
  async ready(): Promise<string[] | undefined> {
    if (this.ending.isClosed) throw new ExecutorClosedError();
    return await (this.#opening ??= this.#open());
  }

  get concurrency(): number {
    return this.#connection.producer?.matching.concurrency ?? 1;
  }

  stats(): DistributedStats {
    const { producer } = this.#connection;
    const { left, failedHere } = this.#feeds;
    const figures = producer?.stats() ?? { ...NONE, runTime: new Histogram().distribution() };
    return {
      ...figures,
      failed: figures.failed + failedHere,
      pending: Math.max(0, left - figures.inFlight),
      rates: producer?.starts?.found ?? this.#run.limits.rates.map(({ amount }) => amount),
    };
  }

  check(call: Call | "task", options: unknown): void {
    const { names, subject } = OPTIONS[call];
    refuseUnavailable(options, UNAVAILABLE);
    checkNames(options, names, { subject });
  }

  run(task: string, input: unknown, options: DistributedTaskOptions = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      // A task with a function of its own has a feed of its own.
      if (hasFunction(options)) return void this.submit(task, input, options, waiter);
      this.check("task", options);
      checkTask(task);
      if (this.ending.isClosed) return reject(new ExecutorClosedError());
      const key = JSON.stringify([task, options, this.#feeds.traceHere()]);
      const calls = this.#groups.like(key, (sink) => this.#feeds.open(task, sink, CALLS, options));
      calls.add(input, waiter);
    });
  }

  submit(
    task: string,
    input: unknown,
    options: DistributedTaskOptions = {},
    waiter: Waiter,
    stream?: FeedForm["stream"],
  ): ReturnType<typeof submitted> {
    this.check("task", options);
    checkTask(task);
    const signal = signalOf("signal", options.signal);
    const report = functionOf("onProgress", options.onProgress);
    const form = { ...CALLS, onProgress: report && throwingLater(boundHere(report)), stream };
    return submitted({
      id: ++this.#submitted,
      open: (sink) => this.#feeds.open(task, sink, form, options),
      input,
      signal,
      waiter,
      refusal: () => this.#refusal(signal),
      reordered: (feed) => this.#connection.producer?.supply.filled(feed),
    });
  }

  stream(task: string, input: unknown, options: DistributedTaskOptions = {}): TaskStream<unknown> {
    this.check("task", options);
    checkTask(task);
    callTerms(options);
    return new TaskStream({
      open: this.readers,
      submit: (take, waiter) => this.submit(task, input, options, waiter, { room: STREAM_WINDOW, take }),
    });
  }

  mapWay(
    task: string,
    { signal: _, ...options }: DistributedMapOptions,
    { window, each }: Parameters<TaskRunner["mapWay"]>[2],
  ): MapWay {
    checkTask(task);
    const fixed = window === undefined ? undefined : count("window", window, 1);
    const form = { ...JSON_BOTH_WAYS, indexed: true, each, adds: true };
    const read = each ? outputsIn : JSON.parse;
    return {
      window: () => fixed ?? Math.max(LEAST_WINDOW, this.#connection.producer?.appetite(task) ?? 0),
      slots: () => this.#connection.producer?.matching.slots || 1,
      openFeed: (sink) => this.#feeds.open(task, valueSink(sink, read), form, options),
    };
  }

  /** Opens a feed of the command line, which pushes inputs as lines. */
  feed(
    task: unknown,
    sink: FeedSink,
    { encoding, each, spanOf, batch, adds, timed, prints, ...options }: BrokerFeedOptions,
  ): InputFeed {
    const { input = "value", output = "value" } = encoding ?? {};
    if (input === "value" || output === "value") {
      throw new TypeError("Inputs and results are sent over a broker as text");
    }
    checkTask(task);
    // The functions of the command line read lines.
    const read = (text: string) => text;
    const form = { input, output, each: each !== undefined, spanOf, batch, adds, timed, prints, read };
    return this.#feeds.open(task, sink, form, options);
  }

  #endingHost(): EndingHost {
    const isBusy = () => this.#feeds.left > 0;
    const isComputing = () => this.#feeds.left > this.readers.slotsHeld;
    return {
      get isBusy() {
        return isBusy();
      },
      get isComputing() {
        return isComputing();
      },
      lookSoon: () => this.#lookSoon(),
      setPaused: (isPaused) => {
        const { producer } = this.#connection;
        if (isPaused) void producer?.pause("program");
        else producer?.supply.resume("program");
      },
      dropWaiting: (error) => this.#feeds.drain(error),
      halt: () => Promise.resolve(),
      rejectAll: (error) => this.#feeds.cancel(error),
      release: async () => {
        await this.#opening?.catch(() => {});
        await this.#connection.close();
      },
    };
  }

  async #open(): Promise<string[] | undefined> {
    const tasks = await this.#connection.open();
    if (this.ending.isPaused) void this.#connection.producer!.pause("program");
    this.#feeds.refill();
    return tasks;
  }

  /** Why a task is not handed in; undefined if it is. */
  #refusal(signal: AbortSignal | undefined): { reason: unknown } | undefined {
    if (this.ending.isClosed) return { reason: new ExecutorClosedError() };
    if (!signal?.aborted) return undefined;
    this.#feeds.failedHere++;
    return { reason: signal.reason };
  }

  /** Checks at the end of the turn, when a map has pulled its next inputs. */
  #lookSoon(): void {
    if (this.#looks) return;
    this.#looks = true;
    queueMicrotask(() => {
      this.#looks = false;
      this.idle.look(this.#feeds.left > 0);
      this.ending.look();
    });
  }
}

/** Whether a task has a function or a signal of its own, and so a feed of its own. */
function hasFunction({ signal, onProgress, retry }: DistributedTaskOptions): boolean {
  return signal !== undefined || onProgress !== undefined || retry?.when !== undefined;
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
