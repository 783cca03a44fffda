/**
 * Moves the lines of a source into an executor, block by block, as far as the source hands them out, and what became
 * of them to its sink.
 *
 * @module
 */

import type { FeedOptions } from "../../executor/executor.ts";
import type { FeedSink, InputFeed, TaskFacts } from "../../executor/calls/feed.ts";
import type { Lines, Values } from "../../wire/lines.ts";
import type { SpanAttributes } from "../../wire/telemetry.ts";
import type { LineSource } from "./line_source.ts";

/**
 * How long inputs wait for others to make a batch with, in milliseconds: a guess. Much less, and batches are not full if a
 * program writes into a pipe on a busy machine; much more, and a person waits.
 */
const PATIENCE = 200;

/** And so long once more: where this thread itself was late, what came meanwhile is read first. */
const LAST_LOOK = 20;

/** Takes what became of inputs. Whatever a method returns is waited for before more is read. */
export interface LineSink {
  /** The tasks of the inputs from `index` on returned these texts, each after `micros`. */
  succeeded(
    index: number,
    micros: number | number[],
    results: Values,
    workerId: number,
  ): Promise<unknown> | undefined | void;
  /** What became of one that did not go that way. Without a task, it never started. */
  settled(index: number, outcome: Settled): Promise<unknown> | undefined | void;
  /** An attempt at one failed, and another will follow. */
  retried?(index: number, task: TaskFacts): void;
}

/** What became of an input. */
export interface Settled {
  ok: boolean;
  value: unknown;
  task?: TaskFacts;
}

/** The part of an executor that matters here, whether its workers are on this machine or on others. */
export interface Feeding {
  feed(task: PumpInit["task"], sink: FeedSink, options: FeedOptions): InputFeed;
}

/** Opens the executor's end. `batchOf` says which inputs one of its own stands for, where those are batches. */
export type OpenFeed = (
  sink: FeedSink,
  batchOf?: (number: number) => { first: number; count: number },
) => InputFeed;

/** Where inputs go. */
interface Taker {
  /** The first input of what the executor calls its `number`-th, where that is several. */
  firstOf?(number: number): number | undefined;
  push(lines: Lines): void;
  arrived(): void;
  /** No more will come. */
  flush?(): void;
  /** No more will come before something has settled. */
  stuck?(): void;
  /** Nothing more has come for a while. */
  rest?(): void;
  drain(reason: unknown): void;
  cancel(reason: unknown): void;
}

/** What a pump works with. */
export interface PumpInit {
  executor: Feeding;
  /** The task's name, or a function. */
  task: string | ((input: unknown) => unknown);
  options: FeedOptions;
  source: LineSource;
  sink: LineSink;
  /** Which of these lines have to run, where it is not all. They count from `index` on. */
  select?: (lines: Lines, index: number) => Iterable<Lines>;
  /** What the span of a task says of its inputs: of `count`, from `first` on. */
  spanOf?: (first: number, count: number) => SpanAttributes;
  /** How inputs are put together, where a task takes several at once. */
  batching?: (init: { openFeed: OpenFeed; sink: LineSink }) => Taker;
}

/** One run over all lines. */
export class LinePump {
  readonly #init: PumpInit;
  readonly #feed: Taker;
  readonly #allSettled = Promise.withResolvers<void>();
  /** Inputs that have not settled. */
  #left = 0;
  #reading = true;
  #pause: Promise<unknown> | undefined;

  constructor(init: PumpInit) {
    const { executor, task, options, sink, spanOf, batching } = init;
    this.#init = init;
    const counted: LineSink = {
      succeeded: (index, micros, values, workerId) => {
        this.waitFor(sink.succeeded(index, micros, values, workerId));
        this.#settled(values.length);
      },
      retried: (index, task) => sink.retried?.(index, task),
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

  /** Which input it is that the executor calls its `number`-th: of a batch, the first. */
  inputOf(number: number): number | undefined {
    return this.#feed.firstOf ? this.#feed.firstOf(number) : number;
  }

  /** Resolves when every input has settled and no more are read. Rejects if that cannot go on. */
  async run(): Promise<void> {
    const { signal, drain } = this.#init.options;
    signal?.addEventListener("abort", this.#aborted);
    drain?.addEventListener("abort", this.#drained);
    if (signal?.aborted) this.#aborted();
    if (drain?.aborted) this.#drained();
    try {
      await this.#read();
      this.#feed.flush?.();
      this.#reading = false;
      this.#settled(0);
      await this.#allSettled.promise;
    } finally {
      signal?.removeEventListener("abort", this.#aborted);
      drain?.removeEventListener("abort", this.#drained);
    }
  }

  /** Nothing is read before this, if it is anything, has resolved. */
  waitFor(pause: Promise<unknown> | undefined | void): void {
    if (pause) this.#pause = pause;
  }

  async #read(): Promise<void> {
    const { source, select } = this.#init;
    while (!source.ended) {
      if (this.#pause) {
        const pause = this.#pause;
        this.#pause = undefined;
        await pause;
        continue;
      }
      const lines = source.take();
      if (!lines) {
        if (source.isFull) this.#feed.stuck?.();
        await this.#readMore();
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

  /** A file has all of its bytes; the writer of a pipe may pause for a long time. */
  async #readMore(): Promise<void> {
    const { source } = this.#init;
    if (!this.#feed.rest || source.isFile || source.isFull) return await source.read();
    let timer = setTimeout(() => timer = setTimeout(() => this.#feed.rest!(), LAST_LOOK), PATIENCE);
    await source.read();
    clearTimeout(timer);
  }

  #settled(count: number): void {
    this.#left -= count;
    if (this.#left === 0 && !this.#reading) this.#allSettled.resolve();
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
