/**
 * Moves the lines of a source into an executor, block by block, and the outcomes to a sink. The source limits how many inputs are
 * on their way.
 */

import type { FeedOptions } from "../../executor/options/feed_options.ts";
import type { Batch, BatchFeed } from "../../executor/calls/batch_feed.ts";
import type { EarlyOutputs, FeedSink, InputFeed, TaskFacts } from "../../executor/tasks/feed.ts";
import type { Lines, Values } from "../../wire/lines.ts";
import type { SpanAttributes } from "../../wire/telemetry.ts";
import type { Numbers } from "../../wire/series_numbers.ts";
import type { LineSource } from "./line_source.ts";
import type { Taker, WholeBatches } from "./whole_batches.ts";

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
    micros: Numbers,
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

/** The batches of a run with `--batch`. Both classes are loaded only for such a run. */
export interface Batching {
  size: number;
  WholeBatches: typeof WholeBatches;
  /** Undefined if the executor's workers make the batches. */
  BatchFeed: typeof BatchFeed | undefined;
}

export interface PumpInit {
  executor: Feeding;
  task: string | ((input: unknown) => unknown);
  options: FeedOptions;
  source: LineSource;
  sink: LineSink;
  /** Called with lines before {@link PumpInit.select}. If it returns a promise, they wait for it. */
  prepare?: (lines: Lines) => Promise<void> | undefined;
  /** Selects the lines that have to run, from the input `index` on. Default: all. */
  select?: (lines: Lines, index: number) => Iterable<Lines>;
  /** The attributes of a task's span, for `count` inputs from `first` on. */
  spanOf?: (first: number, count: number) => SpanAttributes;
  batching?: Batching;
}

export class LinePump {
  readonly #init: PumpInit;
  readonly #feed: Taker;
  /** Absent without `--batch`. */
  readonly #held: WholeBatches | undefined;
  /** Absent unless the inputs of the executor are batches. */
  #batches: BatchFeed | undefined;
  /** Ends the wait for outcomes once all lines were read. */
  #wake: (() => void) | undefined;
  #left = 0;
  /** What the pump waits for: lines, the writing of results, or outcomes, because the window is full. Undefined after the last line. */
  waitsFor: "input" | "output" | "window" | undefined = "input";
  #pause: Promise<unknown> | undefined;

  constructor(init: PumpInit) {
    const { source, sink, batching } = init;
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
    this.#held = batching && new batching.WholeBatches({
      size: batching.size,
      openFeed: (sink) => this.#openBatches(sink, batching),
      sink: counted,
      isStuck: () => source.isFull,
    });
    this.#feed = this.#held ?? this.#openFeed(counted);
  }

  #openBatches(sink: FeedSink, { size, BatchFeed }: Batching): Taker {
    if (!BatchFeed) return this.#openFeed(sink);
    return this.#batches = new BatchFeed({
      size,
      openFeed: (sink, batchOf) => this.#openFeed(sink, batchOf),
      sink,
    });
  }

  #openFeed(
    sink: FeedSink,
    batchOf = (number: number): Batch => ({ first: number, count: 1 }),
  ): InputFeed {
    const { executor, task, options, spanOf } = this.#init;
    const spanOfTask = (number: number) => {
      const { first, count } = batchOf(number);
      return spanOf!(first, count);
    };
    return executor.feed(task, sink, { ...options, spanOf: spanOf && spanOfTask });
  }

  /** Returns the index of the executor's input `number`; for a batch, the index of its first input. */
  inputOf(number: number): number | undefined {
    return this.#batches ? this.#batches.batchOf(number)?.first : number;
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
        this.#held?.flush();
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
    const { source, prepare, select, options: { signal, drain } } = this.#init;
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
        if (source.isFull) this.#held?.stuck();
        this.waitsFor = source.isFull || source.filesEnded ? "window" : "input";
        await this.#readMore();
        this.waitsFor = undefined;
        continue;
      }
      const preparing = prepare?.(lines);
      if (preparing) {
        await preparing;
        if (signal?.aborted || drain?.aborted) return;
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
    const held = this.#held;
    if (!held || source.reader.isFile || source.isFull) return await source.read();
    let timer = setTimeout(() => timer = setTimeout(() => held.flush(), LATE_DELAY), BATCH_DELAY);
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
