/**
 * Moves the lines of a source into an executor, block by block, and the outcomes to a sink. The source limits how many inputs are
 * on their way.
 */

import type { FeedOptions } from "../../executor/options/feed_options.ts";
import type { Batch } from "../../executor/calls/batch_feed.ts";
import type { EarlyOutputs, FeedSink, InputFeed, TaskFacts } from "../../executor/tasks/feed.ts";
import type { Lines, Values } from "../../wire/lines.ts";
import type { SpanAttributes } from "../../wire/telemetry.ts";
import type { LineSource } from "./line_source.ts";

/**
 * How long inputs of a pipe wait for others to fill a batch, in milliseconds. A guess: shorter, batches are not full if a program
 * writes into the pipe on a busy machine; longer, a person waits.
 */
const BATCH_DELAY = 200;

/** A second wait after the first, in milliseconds. If this thread was late, bytes that have arrived are read first. */
const LATE_DELAY = 20;

/** Takes outcomes. The pump awaits what a method returns before it reads more. */
export interface LineSink {
  /** The tasks of neighbouring inputs from `index` on have returned these texts, at their first attempt, after `micros` each. */
  succeeded(
    index: number,
    micros: number | number[],
    results: Values,
    workerId: number,
  ): Promise<unknown> | undefined | void;
  /** A single input has settled. Without `task`, it has not started. */
  settled(index: number, outcome: Settled): Promise<unknown> | undefined | void;
  /** An attempt of an input has failed with `error`, and another will follow. */
  retried?(index: number, task: TaskFacts, error: unknown): void;
  /** Outputs of an input whose outcome follows. */
  yielded?(index: number, outputs: EarlyOutputs): Promise<unknown> | undefined | void;
  /** What the body of `count` inputs from `index` on has printed (default: one input). Returns false if it is not taken. */
  printed?: FeedSink["printed"];
}

/** The outcome of an input: its result as text, or the reason why it failed. */
export interface Settled {
  ok: boolean;
  value: unknown;
  task?: TaskFacts;
}

/** The part of an executor that a pump uses. Its workers are on this machine or on others. */
export interface Feeding {
  feed(task: PumpInit["task"], sink: FeedSink, options: FeedOptions): InputFeed;
}

/** Opens a feed of the executor. If its inputs are batches, `batchOf` returns the inputs of batch `number`. */
type OpenFeed = (sink: FeedSink, batchOf?: (number: number) => Batch) => InputFeed;

/** Takes inputs: a feed of the executor, or what makes batches in front of it. */
export interface Taker {
  /** Returns the inputs of batch `number`; undefined if they have settled. Absent if the executor's inputs are no batches. */
  batchOf?(number: number): Batch | undefined;
  push(lines: Lines): void;
  arrived(): void;
  /** Reports that no more inputs arrive, or that none have arrived for a while. */
  flush?(): void;
  /** Reports that no more inputs can arrive before some have settled. */
  stuck?(): void;
  drain(reason: unknown): void;
  cancel(reason: unknown): void;
}

export interface PumpInit {
  executor: Feeding;
  task: string | ((input: unknown) => unknown);
  options: FeedOptions;
  source: LineSource;
  sink: LineSink;
  /** Selects the lines that have to run, from the input `index` on. Default: all. */
  select?: (lines: Lines, index: number) => Iterable<Lines>;
  /** The attributes of a task's span, for `count` inputs from `first` on. */
  spanOf?: (first: number, count: number) => SpanAttributes;
  batching?: (init: { openFeed: OpenFeed; sink: LineSink }) => Taker;
}

export class LinePump {
  readonly #init: PumpInit;
  readonly #feed: Taker;
  /** Ends the wait for outcomes once all lines were read. */
  #wake: (() => void) | undefined;
  #left = 0;
  /** What the pump waits for: lines, the writing of results, or outcomes, because the window is full. Undefined after the last line. */
  waitsFor: "input" | "output" | "window" | undefined = "input";
  #pause: Promise<unknown> | undefined;

  constructor(init: PumpInit) {
    const { executor, task, options, sink, spanOf, batching } = init;
    this.#init = init;
    const counted: LineSink = {
      succeeded: (index, micros, values, workerId) => {
        this.waitFor(sink.succeeded(index, micros, values, workerId));
        this.#settled(values.length);
      },
      retried: (index, task, error) => sink.retried?.(index, task, error),
      yielded: (index, outputs) => this.waitFor(sink.yielded?.(index, outputs)),
      printed: sink.printed,
      settled: (index, outcome) => {
        this.waitFor(sink.settled(index, outcome));
        this.#settled(1);
      },
    };
    const openFeed: OpenFeed = (sink, batchOf = (index) => ({ first: index, count: 1 })) => {
      const spanOfTask = (number: number) => {
        const { first, count } = batchOf(number);
        return spanOf!(first, count);
      };
      return executor.feed(task, sink, { ...options, spanOf: spanOf && spanOfTask });
    };
    this.#feed = batching ? batching({ openFeed, sink: counted }) : openFeed(counted);
  }

  /** Returns the index of the executor's input `number`; for a batch, the index of its first input. */
  inputOf(number: number): number | undefined {
    return this.#feed.batchOf ? this.#feed.batchOf(number)?.first : number;
  }

  /** Moves all lines. Resolves when every input has settled. Rejects if the lines cannot be moved. */
  async run(): Promise<void> {
    const { signal, drain } = this.#init.options;
    signal?.addEventListener("abort", this.#aborted);
    drain?.addEventListener("abort", this.#drained);
    if (signal?.aborted) this.#aborted();
    if (drain?.aborted) this.#drained();
    try {
      do {
        await this.#read();
        this.#feed.flush?.();
        await this.#settledOrMore();
        // A task may have handed in further inputs.
      } while (!this.#init.source.ended);
    } finally {
      signal?.removeEventListener("abort", this.#aborted);
      drain?.removeEventListener("abort", this.#drained);
    }
  }

  waitFor(pause: Promise<unknown> | undefined | void): void {
    if (pause) this.#pause = pause;
  }

  async #read(): Promise<void> {
    const { source, select } = this.#init;
    while (!source.ended) {
      if (this.#pause) {
        const pause = this.#pause;
        this.#pause = undefined;
        this.waitsFor = "output";
        await pause;
        this.waitsFor = undefined;
        continue;
      }
      const lines = source.take();
      if (!lines) {
        if (source.isFull) this.#feed.stuck?.();
        this.waitsFor = source.isFull || source.filesEnded ? "window" : "input";
        await this.#readMore();
        this.waitsFor = undefined;
        continue;
      }
      const wanted = select ? select(lines, source.pulled - lines.length) : [lines];
      for (const some of wanted) {
        this.#left += some.length;
        this.#feed.push(some);
      }
      this.#feed.arrived();
    }
  }

  /** Reads more. While the writer of a pipe pauses, inputs do not wait for a full batch. */
  async #readMore(): Promise<void> {
    const { source } = this.#init;
    if (!this.#feed.flush || source.isFile || source.isFull) return await source.read();
    let timer = setTimeout(() => timer = setTimeout(() => this.#feed.flush!(), LATE_DELAY), BATCH_DELAY);
    await source.read();
    clearTimeout(timer);
  }

  /** Resolves when every input has settled, or the source has further ones. */
  async #settledOrMore(): Promise<void> {
    while (this.#left > 0 && this.#init.source.ended) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  #settled(count: number): void {
    this.#left -= count;
    if (this.#wake && (this.#left === 0 || !this.#init.source.ended)) this.#wake();
  }

  readonly #aborted = (): void => {
    this.#init.source.stop();
    this.#feed.cancel(this.#init.options.signal!.reason);
  };

  readonly #drained = (): void => {
    this.#init.source.stop();
    this.#feed.drain(this.#init.options.drain!.reason);
  };
}
