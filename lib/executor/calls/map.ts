/**
 * Iterable → bounded window of tasks → results. Inputs are pulled only as results are read, so neither
 * an endless input nor a slow reader fills memory. Longer than most files: pulling, delivering and ending
 * hang together.
 *
 * @module
 */

import { ExecutorClosedError } from "../../errors.ts";
import { contextHere, withinContext } from "../../wire/async_context.ts";
import { Lines, type Values } from "../../wire/lines.ts";
import type { FeedSink, InputFeed, TaskFacts } from "./feed.ts";
import { Fifo } from "./fifo.ts";
import { MapInput } from "./map_input.ts";
import { DROPPED, Failed, Outcomes } from "./map_results.ts";
import type { OpenReader, Readers } from "./readers.ts";
import type { MapInputs, MapOutcome } from "../types.ts";

/** What `map` works with. */
export interface MapInit {
  inputs: MapInputs<unknown>;
  /** How many inputs may be pulled ahead of the results that were read. */
  window: () => number;
  /** How many slots all workers have. */
  slots: () => number;
  ordered: boolean;
  settled: boolean;
  signal: AbortSignal | undefined;
  drain: AbortSignal | undefined;
  /** Whether the executor takes no more tasks: one that is read for the first time then is refused. */
  isClosed: () => boolean;
  /** Opens the executor's end. */
  openFeed: (sink: FeedSink) => InputFeed;
  /** Those that are being read; one is here until it has ended. */
  open: Readers;
}

/** Someone who waits for the next result. */
interface Reader {
  resolve(result: IteratorResult<unknown>): void;
  reject(error: unknown): void;
}

/** The results of a `map`, as they come. */
export class MapResults<T> implements AsyncIterableIterator<T> {
  readonly #init: MapInit;
  /** Where `map()` was called: the source is pulled, and closed, there. */
  readonly #context = contextHere();
  readonly #outcomes: Outcomes;
  readonly #feed: InputFeed;
  readonly #readers = new Fifo<Reader>();
  #input: MapInput | undefined;
  /** Inputs pulled whose results have not been read. */
  #ahead = 0;
  /** The window is filled again once no more than this are ahead. */
  #refillAt = 0;
  #pulling = false;
  #exhausted = false;
  #ended = false;
  /** What is thrown once everything before it was read. */
  #failure: { error: unknown } | undefined;
  /** Where all results go, and how many there are. */
  #sink: unknown[] | undefined;
  #sinkSize = 0;
  /** Whether a loop reads it, and how often a result was asked for. */
  #isLoop = false;
  #asked = 0;
  /** How the executor sees it while it is being read. */
  readonly #reader: OpenReader = {
    isAwaited: () => this.#readers.size > 0,
    isLoop: () => this.#isLoop,
    asked: () => this.#asked,
    isComplete: () => this.#exhausted,
    holdsSlot: () => false,
    widened: () => {
      this.#refillAt = Infinity;
      this.#pull();
    },
    dry: (error) => this.#dry(error),
    end: (error) => this.#dry(error),
  };

  /** Nothing is pulled before the first result is asked for. */
  constructor(init: MapInit) {
    this.#init = init;
    this.#outcomes = new Outcomes(init.ordered);
    this.#feed = init.openFeed({
      succeeded: (index, micros, results, workerId) => this.#succeeded(index, micros, results, workerId),
      settled: (index, outcome) => this.#settled(index, outcome),
    });
  }

  /** The next result. Rejects with the first failure, unless the outcomes are `settled`. */
  next(): Promise<IteratorResult<T>> {
    this.#asked++;
    if (this.#readers.size === 0 && !this.#sink && !this.#ended && this.#outcomes.isReady) {
      const value = this.#outcomes.peek();
      if (value !== DROPPED && !(value instanceof Failed)) {
        this.#read();
        this.#pull();
        return Promise.resolve({ done: false, value: value as T });
      }
    }
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve: resolve as Reader["resolve"], reject });
      this.#open();
      this.#deliver();
    });
  }

  /**
   * Stops: pulls no more, cancels what is under way, and resolves when none of it runs any more; nor do the bodies of tasks
   * that had failed by a time-out or a signal before.
   */
  async return(value?: unknown): Promise<IteratorResult<T>> {
    const released = this.#stop(new DOMException("The results are not read any more", "AbortError"));
    this.#endReaders();
    await released;
    return { done: true, value: value as T };
  }

  /**
   * The same results, as many at once as there are: one promise for hundreds of them where they come fast. Reads
   * on its own; a reader that uses this uses nothing else.
   */
  async *batches(): AsyncGenerator<T[], void, undefined> {
    this.#isLoop = true;
    try {
      for (let next = await this.next(); !next.done; next = await this.next()) {
        const batch = [next.value];
        while (!this.#ended && this.#outcomes.isReady && !(this.#outcomes.peek() instanceof Failed)) {
          if (this.#outcomes.peek() === DROPPED) this.#read();
          else this.#ahead -= this.#outcomes.drainInto(batch, batch.length);
        }
        this.#pull();
        yield batch;
      }
    } finally {
      await this.return();
    }
  }

  /** All results. Rejects with the first failure, unless the outcomes are `settled`. */
  async toArray(): Promise<T[]> {
    const { inputs } = this.#init;
    // Where there will be a result for each element, a copy has room for them: an array that grows to a million is
    // copied many times over, each time to memory that was never used before.
    const results: unknown[] = this.#sink = Array.isArray(inputs) ? inputs.slice() : [];
    // With a sink, only the end answers.
    await this.next();
    results.length = this.#sinkSize;
    return results as T[];
  }

  /** Itself: results can be read once. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    this.#isLoop = true;
    return this;
  }

  /** A reader that leaves scope by `await using` stops it too. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #open(): void {
    if (this.#input || this.#exhausted) return;
    const { inputs, signal, drain } = this.#init;
    if (this.#init.isClosed()) return this.#inputFailed(new ExecutorClosedError());
    try {
      this.#input = withinContext(this.#context, () => new MapInput(inputs));
    } catch (error) {
      return this.#inputFailed(error);
    }
    if (signal?.aborted) return this.#aborted();
    signal?.addEventListener("abort", this.#aborted, { once: true });
    if (drain?.aborted) return this.#drain();
    drain?.addEventListener("abort", this.#drain, { once: true });
    this.#init.open.add(this.#reader);
    this.#pull();
  }

  /** Pulls inputs until the window is full. */
  #pull(): void {
    // An input may settle while it is being taken in, and ask for the next: this loop goes on by itself.
    if (this.#pulling || !this.#input) return;
    if (this.#ahead > this.#refillAt) return;
    this.#pulling = true;
    withinContext(this.#context, () => this.#pullNow());
  }

  #pullNow(): void {
    const window = this.#init.window();
    // Inputs are pulled by the quarter window, because tasks that are submitted together travel together;
    // but never so late that a slot would stay empty for it.
    this.#refillAt = window - Math.max(1, Math.min(window >> 2, window - this.#init.slots()));
    const later = this.#pullUpTo(window);
    this.#feed.arrived();
    if (later) return this.#pullLater(later);
    this.#pulling = false;
  }

  /** Pulls until so many are ahead. Returns the next step if it has to be waited for. */
  #pullUpTo(window: number): Promise<IteratorResult<unknown>> | undefined {
    while (!this.#exhausted && this.#ahead < window) {
      // Those that come at once go on together.
      const some: unknown[] = [];
      let step: IteratorResult<unknown> | Promise<IteratorResult<unknown>> | undefined;
      let failure: { error: unknown } | undefined;
      try {
        this.#input!.take(window - this.#ahead, some);
        while (this.#ahead + some.length < window && !this.#exhausted) {
          step = this.#input!.next();
          if (step instanceof Promise || step.done) break;
          some.push(step.value);
        }
      } catch (error) {
        failure = { error };
      }
      // While it was pulled, the input may have ended this map.
      if (this.#exhausted) return undefined;
      if (some.length > 0) this.#take(some);
      if (failure) this.#inputFailed(failure.error);
      else if (step instanceof Promise) return step;
      else if (step?.done) this.#pulled(step);
    }
    return undefined;
  }

  #pullLater(step: Promise<IteratorResult<unknown>>): void {
    step.then((step) => this.#pulled(step)).catch((error) => {
      if (!this.#exhausted) this.#inputFailed(error);
    }).then(() => {
      this.#feed.arrived();
      this.#pulling = false;
      this.#pull();
    });
  }

  #pulled(step: IteratorResult<unknown>): void {
    // It may have ended while this was on its way.
    if (this.#exhausted) return;
    if (step.done) {
      this.#exhausted = true;
      this.#deliver();
      return;
    }
    this.#take([step.value]);
  }

  #take(inputs: unknown[]): void {
    this.#ahead += inputs.length;
    this.#outcomes.expect(inputs.length);
    this.#feed.push(inputs);
  }

  /** Is told by the feed. */
  #succeeded(index: number, micros: number | number[], results: Values, workerId: number): void {
    if (this.#ended) return;
    const { settled } = this.#init;
    const endedAt = settled ? performance.now() : 0;
    const values = results instanceof Lines ? results.toArray() : results;
    for (let at = 0; at < values.length; at++) {
      const value = values[at];
      if (!settled) {
        this.#outcomes.add(index + at, value);
        continue;
      }
      const ms = (typeof micros === "number" ? micros : micros[at]) / 1000;
      // One literal: spreading would cost more than all else here.
      const outcome: MapOutcome = {
        status: "fulfilled",
        value,
        index: index + at,
        attempts: 1,
        ms,
        workerId,
        endedAt,
      };
      this.#outcomes.add(index + at, outcome);
    }
    this.#deliver();
  }

  /** Is told by the feed. */
  #settled(index: number, { ok, value, task }: { ok: boolean; value: unknown; task?: TaskFacts }): void {
    if (this.#ended) return;
    const { drain, settled } = this.#init;
    const dropped = !ok && drain?.aborted === true && value === drain.reason;
    if (dropped) this.#outcomes.add(index, DROPPED);
    else if (settled) this.#outcomes.add(index, outcome(index, { ok, value, task }));
    else this.#outcomes.add(index, ok ? value : new Failed(value));
    this.#deliver();
  }

  /** Gives readers what is ready for them. */
  #deliver(): void {
    while (this.#readers.size > 0 && !this.#ended && this.#outcomes.isReady) {
      if (this.#sink) this.#drainInto(this.#sink);
      if (!this.#outcomes.isReady) break;
      const value = this.#read();
      if (value === DROPPED) continue;
      if (value instanceof Failed) return this.#fail(value.error);
      this.#readers.shift()!.resolve({ done: false, value });
    }
    if (this.#ended) return this.#endReaders();
    if (this.#exhausted && this.#ahead === 0) return this.#end();
    this.#pull();
  }

  #drainInto(sink: unknown[]): void {
    const count = this.#outcomes.drainInto(sink, this.#sinkSize);
    this.#sinkSize += count;
    this.#ahead -= count;
  }

  #read(): unknown {
    this.#ahead--;
    return this.#outcomes.shift();
  }

  #end(): void {
    if (this.#failure) {
      // Kept for the next reader.
      if (this.#readers.size > 0) this.#fail(this.#failure.error);
      return;
    }
    this.#finish();
    this.#endReaders();
  }

  /** The first reader gets the error, the rest the end. */
  #fail(error: unknown): void {
    const reader = this.#readers.shift();
    this.#stop(error);
    reader?.reject(error);
    this.#endReaders();
  }

  #endReaders(): void {
    while (this.#readers.size > 0) this.#readers.shift()!.resolve({ done: true, value: undefined });
  }

  /** Pulls no more; what came before is still read, then the error is thrown. */
  #dry(error: unknown): void {
    if (this.#exhausted) return;
    this.#closeInput();
    this.#inputFailed(error);
  }

  /** What came before the failure is still read; then it is thrown. */
  #inputFailed(error: unknown): void {
    this.#exhausted = true;
    this.#failure = { error };
    this.#deliver();
  }

  readonly #aborted = (): void => {
    const { reason } = this.#init.signal!;
    this.#exhausted = true;
    this.#failure = { error: reason };
    this.#closeInput();
    this.#feed.cancel(reason);
    this.#deliver();
  };

  readonly #drain = (): void => {
    this.#exhausted = true;
    this.#closeInput();
    this.#feed.drain(this.#init.drain!.reason);
    this.#deliver();
  };

  #closeInput(): void {
    withinContext(this.#context, () => this.#input?.close());
  }

  /** Ends everything; resolves when no body runs any more. */
  async #stop(reason: unknown): Promise<void> {
    if (!this.#ended) {
      this.#finish();
      this.#closeInput();
    }
    await this.#feed.stop(reason);
  }

  #finish(): void {
    this.#ended = true;
    this.#exhausted = true;
    this.#init.open.delete(this.#reader);
    this.#init.signal?.removeEventListener("abort", this.#aborted);
    this.#init.drain?.removeEventListener("abort", this.#drain);
  }
}

function outcome(
  index: number,
  { ok, value, task }: { ok: boolean; value: unknown; task?: TaskFacts },
): MapOutcome {
  const attempts = task?.attempt ?? 0;
  const ms = (task?.micros ?? 0) / 1000;
  const which = { index, attempts, ms, workerId: task?.workerId ?? 0, endedAt: performance.now() };
  return ok ? { status: "fulfilled", value, ...which } : { status: "rejected", reason: value, ...which };
}
