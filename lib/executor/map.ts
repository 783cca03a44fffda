/**
 * Iterable → bounded window of tasks → results. Inputs are pulled only as results are read, so neither
 * an endless input nor a slow reader fills memory. Longer than most files: pulling, delivering and ending
 * hang together.
 *
 * @module
 */

import { ExecutorClosedError } from "../errors.ts";
import { Feed, type FeedSink } from "./feed.ts";
import { Fifo } from "./fifo.ts";
import { MapInput } from "./map_input.ts";
import { DROPPED, Failed, Outcomes } from "./map_results.ts";
import type { Task } from "./task.ts";
import type { MapOutcome } from "./types.ts";

/** What `map` works with. */
export interface MapInit {
  inputs: Iterable<unknown> | AsyncIterable<unknown>;
  /** How many inputs may be pulled ahead of the results that were read. */
  window: () => number;
  /** How many slots all workers have. */
  slots: number;
  ordered: boolean;
  settled: boolean;
  signal: AbortSignal | undefined;
  drain: AbortSignal | undefined;
  /** Whether the executor takes no more tasks. */
  isClosed: () => boolean;
  /** Opens the executor's end. */
  openFeed: (sink: FeedSink) => Feed;
}

/** Someone who waits for the next result. */
interface Reader {
  resolve(result: IteratorResult<unknown>): void;
  reject(error: unknown): void;
}

/** The results of a `map`, as they come. */
export class MapResults<T> implements AsyncIterableIterator<T>, FeedSink {
  readonly #init: MapInit;
  readonly #outcomes: Outcomes;
  readonly #feed: Feed;
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
  #sink: unknown[] | undefined;

  /** Nothing is pulled before the first result is asked for. */
  constructor(init: MapInit) {
    this.#init = init;
    this.#outcomes = new Outcomes(init.ordered);
    this.#feed = init.openFeed(this);
  }

  /** The next result. Rejects with the first failure, unless the outcomes are `settled`. */
  next(): Promise<IteratorResult<T>> {
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

  /** Stops: pulls no more, cancels what is under way, and resolves when none of it runs any more. */
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
    try {
      for (let next = await this.next(); !next.done; next = await this.next()) {
        const batch = [next.value];
        while (!this.#ended && this.#outcomes.isReady && !(this.#outcomes.peek() instanceof Failed)) {
          const value = this.#read();
          if (value !== DROPPED) batch.push(value as T);
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
    const results: unknown[] = this.#sink = [];
    // With a sink, only the end answers.
    await this.next();
    return results as T[];
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this;
  }

  /** A reader that leaves scope by `await using` stops it too. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #open(): void {
    if (this.#input || this.#ended) return;
    const { inputs, signal, drain } = this.#init;
    try {
      this.#input = new MapInput(inputs);
    } catch (error) {
      return this.#inputFailed(error);
    }
    if (signal?.aborted) return this.#aborted();
    signal?.addEventListener("abort", this.#aborted, { once: true });
    if (drain?.aborted) return this.#drain();
    drain?.addEventListener("abort", this.#drain, { once: true });
    this.#pull();
  }

  /** Pulls inputs until the window is full. */
  #pull(): void {
    // An input may settle while it is being taken in, and ask for the next: this loop goes on by itself.
    if (this.#pulling || !this.#input) return;
    if (this.#ahead > this.#refillAt) return;
    this.#pulling = true;
    const window = this.#init.window();
    // Inputs are pulled by the quarter window, because tasks that are submitted together travel together;
    // but never so late that a slot would stay empty for it.
    this.#refillAt = window - Math.max(1, Math.min(window >> 2, window - this.#init.slots));
    try {
      while (!this.#exhausted && this.#ahead < window) {
        if (this.#init.isClosed()) throw new ExecutorClosedError();
        const step = this.#input.next();
        if (step instanceof Promise) {
          this.#feed.arrived();
          return this.#pullLater(step);
        }
        this.#pulled(step);
      }
    } catch (error) {
      this.#inputFailed(error);
    }
    this.#feed.arrived();
    this.#pulling = false;
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
    this.#ahead++;
    this.#outcomes.expect();
    this.#feed.push(step.value);
  }

  /** Is told by the feed. */
  succeeded(index: number, micros: number | number[], values: unknown[], workerId: number): void {
    if (this.#ended) return;
    const { settled } = this.#init;
    const endedAt = settled ? performance.now() : 0;
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
  settled(index: number, { ok, value, task }: { ok: boolean; value: unknown; task?: Task }): void {
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
      const value = this.#read();
      if (value === DROPPED) continue;
      if (value instanceof Failed) return this.#fail(value.error);
      if (this.#sink) this.#sink.push(value);
      else this.#readers.shift()!.resolve({ done: false, value });
    }
    if (this.#ended) return this.#endReaders();
    if (this.#exhausted && this.#ahead === 0) return this.#end();
    this.#pull();
  }

  #read(): unknown {
    this.#ahead--;
    return this.#outcomes.shift();
  }

  #end(): void {
    if (this.#failure) {
      // Kept for whoever reads next.
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
    this.#input?.close();
    this.#feed.cancel(reason);
    this.#deliver();
  };

  readonly #drain = (): void => {
    this.#exhausted = true;
    this.#input?.close();
    this.#feed.drain(this.#init.drain!.reason);
    this.#deliver();
  };

  /** Ends everything; resolves when no body runs any more. */
  async #stop(reason: unknown): Promise<void> {
    if (this.#ended) return;
    this.#finish();
    this.#input?.close();
    await this.#feed.stop(reason);
  }

  #finish(): void {
    this.#ended = true;
    this.#exhausted = true;
    this.#init.signal?.removeEventListener("abort", this.#aborted);
    this.#init.drain?.removeEventListener("abort", this.#drain);
  }
}

function outcome(
  index: number,
  { ok, value, task }: { ok: boolean; value: unknown; task?: Task },
): MapOutcome {
  const attempts = task?.attempt ?? 0;
  const ms = (task?.micros ?? 0) / 1000;
  const which = { index, attempts, ms, workerId: task?.workerId ?? 0, endedAt: performance.now() };
  return ok ? { status: "fulfilled", value, ...which } : { status: "rejected", reason: value, ...which };
}
