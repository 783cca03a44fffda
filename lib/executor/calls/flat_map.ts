/**
 * The outputs of a `flatMap` as its reader gets them: what the generators of all inputs yield, in the order of the inputs or as they
 * come. Inputs are pulled only as outputs are read, and a generator waits while its outputs are not read.
 *
 * @module
 */

import { ExecutorClosedError } from "../../errors.ts";
import { ROOM } from "../../wire/many.ts";
import type { InputFeed } from "./feed.ts";
import type { FeedSink } from "./feed_tasks.ts";
import { Fifo } from "./fifo.ts";
import { InOrder } from "./in_order.ts";
import { MapSource, type MapSourceInit } from "./map_source.ts";
import type { OpenReader, Readers } from "./readers.ts";
import type { EarlyOutputs } from "./task.ts";

/** What a flat map needs. */
export interface FlatMapInit extends MapSourceInit {
  ordered: boolean;
  signal: AbortSignal | undefined;
  drain: AbortSignal | undefined;
  /** Whether the executor takes no more tasks. A flat map that is first read then is refused. */
  isClosed: () => boolean;
  /** Opens the feed that takes the inputs. The output of each is an array. */
  openFeed: (sink: FeedSink) => InputFeed;
  /** The executor's maps and streams that are being read. */
  open: Readers;
}

/** Outputs of one input. */
interface Part {
  index: number;
  outputs: unknown[];
  /** Set if the body goes on. */
  early?: EarlyOutputs;
  /** Set if the input has failed. The error comes after the outputs. */
  failure?: { error: unknown };
  /** Whether the task has handed in inputs. */
  isParent?: boolean;
}

/** A call of `next()` that waits. */
type Reader = Pick<PromiseWithResolvers<IteratorResult<unknown>>, "resolve" | "reject">;

/** The outputs of a `flatMap`, one by one. */
export class FlatMapResults<T> implements AsyncIterableIterator<T> {
  readonly #init: FlatMapInit;
  readonly #order: InOrder<Part>;
  /** Parts that can be read, and number of outputs of the first that were. */
  readonly #ready = new Fifo<Part>();
  #read = 0;
  readonly #feed: InputFeed;
  readonly #source: MapSource;
  readonly #readers = new Fifo<Reader>();
  /** Number of early outputs of each input that were not read. */
  readonly #unread = new Map<number, number>();
  #ended = false;
  /** Whether a loop reads the outputs, and number of outputs that were asked for. */
  #isLoop = false;
  #asked = 0;
  /** The flat map as the executor sees it while it is being read. */
  readonly #reader: OpenReader = {
    isAwaited: () => this.#readers.size > 0,
    isLoop: () => this.#isLoop,
    asked: () => this.#asked,
    isComplete: () => this.#source.isExhausted && this.#unread.size === 0,
    slotsHeld: () => this.#readers.size > 0 ? 0 : this.#bodiesThatWait,
    widened: () => this.#source.widened(),
    dry: (error) => this.#source.dry(error),
    end: (error) => {
      this.#source.dry(error);
      // Bodies that wait for the reader would wait for ever.
      if (this.#unread.size > 0) this.#feed.cancel(error);
    },
  };

  /** Nothing is pulled before the first output is asked for. */
  constructor(init: FlatMapInit) {
    this.#init = init;
    this.#feed = init.openFeed({
      succeeded: (index, _, values) => {
        for (let at = 0; at < values.length; at++) {
          this.#settled({ index: index + at, outputs: values.at(at) as unknown[] });
        }
        this.#deliver();
      },
      settled: (index, { ok, value, task }) => {
        const isParent = task?.added !== undefined;
        if (isParent) this.#source.add(index, task.added!);
        if (ok) this.#settled({ index, outputs: value as unknown[], isParent });
        else this.#failed(index, value, isParent);
        if (isParent) this.#source.widened();
        this.#deliver();
      },
      yielded: (index, early) => this.#yielded(index, early),
    });
    this.#source = new MapSource(init, this.#feed, () => this.#deliver());
    const turns = this.#source.added;
    this.#order = new InOrder<Part>(init.ordered, (part) => {
      this.#ready.push(part);
      if (part.isParent) turns.place(part.index);
      return undefined;
    }, { turns });
  }

  /** The next output. Rejects with the first failure, after what was yielded before. */
  next(): Promise<IteratorResult<T>> {
    this.#asked++;
    const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<unknown>>();
    this.#readers.push({ resolve, reject });
    this.#open();
    this.#deliver();
    return promise as Promise<IteratorResult<T>>;
  }

  /** Stops: pulls no more inputs, and closes the generators. Resolves when no body of the flat map runs any more. */
  async return(value?: unknown): Promise<IteratorResult<T>> {
    const stopped = this.#stop(new DOMException("The outputs are not read any more", "AbortError"));
    this.#endReaders();
    await stopped;
    return { done: true, value: value as T };
  }

  /** All outputs. Rejects with the first failure. */
  async toArray(): Promise<T[]> {
    const outputs: T[] = [];
    for await (const output of this) outputs.push(output);
    return outputs;
  }

  /** The flat map itself, because outputs can be read once. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    this.#isLoop = true;
    return this;
  }

  /** Stops the flat map, as {@link return} does. `await using` calls it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  get #bodiesThatWait(): number {
    let waiting = 0;
    for (const unread of this.#unread.values()) if (unread >= ROOM.value) waiting++;
    return waiting;
  }

  #open(): void {
    const source = this.#source;
    if (source.isOpen) return;
    const { signal, drain, isClosed, open } = this.#init;
    if (isClosed()) return source.fail(new ExecutorClosedError());
    source.open();
    if (source.isExhausted) return;
    if (signal?.aborted) return this.#aborted();
    signal?.addEventListener("abort", this.#aborted, { once: true });
    if (drain?.aborted) return this.#drain();
    drain?.addEventListener("abort", this.#drain, { once: true });
    open.add(this.#reader);
    source.pull();
  }

  #yielded(index: number, early: EarlyOutputs): void {
    if (this.#ended) return;
    const outputs = early.outputs as unknown[];
    const unread = (this.#unread.get(index) ?? 0) + outputs.length;
    this.#unread.set(index, unread);
    early.pass();
    this.#order.addPart(index, { index, outputs, early });
    this.#deliver();
    if (unread >= ROOM.value) this.#init.open.changed();
  }

  #settled(part: Part): void {
    if (this.#ended) return;
    this.#source.added.ran(part.index, 1);
    this.#order.add(part.index, part);
  }

  #failed(index: number, error: unknown, isParent: boolean): void {
    const { drain } = this.#init;
    const isDropped = drain?.aborted === true && error === drain.reason;
    this.#settled({ index, outputs: [], failure: isDropped ? undefined : { error }, isParent });
  }

  /** Gives the waiting calls of `next()` the outputs that are ready. */
  #deliver(): void {
    while (this.#readers.size > 0 && !this.#ended) {
      const part = this.#ready.peek();
      if (!part) break;
      if (this.#read < part.outputs.length) {
        const value = part.outputs[this.#read];
        part.outputs[this.#read++] = undefined;
        this.#readers.shift()!.resolve({ done: false, value });
      }
      if (this.#read < part.outputs.length) continue;
      this.#ready.shift();
      this.#read = 0;
      if (part.failure) return this.#fail(part.failure.error);
      this.#done(part);
    }
    if (this.#ended) return this.#endReaders();
    if (this.#source.isRead) return this.#end();
    this.#source.pull();
  }

  /** All outputs of a part were read. */
  #done({ index, outputs, early }: Part): void {
    if (!early) {
      this.#source.ahead--;
      return;
    }
    const unread = this.#unread.get(index)! - outputs.length;
    if (unread > 0) this.#unread.set(index, unread);
    else this.#unread.delete(index);
    early.grant();
  }

  #end(): void {
    const { failure } = this.#source;
    if (failure) {
      // Kept for the next call of `next()`.
      if (this.#readers.size > 0) this.#fail(failure.error);
      return;
    }
    this.#finish();
    if (this.#source.overrun > 0) this.#feed.cancel(new DOMException("Beyond maxInputs", "AbortError"));
    this.#endReaders();
  }

  /** Ends the flat map with an error. The first waiting call gets it, and the others get the end. */
  #fail(error: unknown): void {
    const reader = this.#readers.shift();
    this.#stop(error);
    reader?.reject(error);
    this.#endReaders();
  }

  #endReaders(): void {
    while (this.#readers.size > 0) this.#readers.shift()!.resolve({ done: true, value: undefined });
  }

  readonly #aborted = (): void => {
    const { reason } = this.#init.signal!;
    this.#source.failure = { error: reason };
    this.#source.close();
    this.#feed.cancel(reason);
    this.#deliver();
  };

  readonly #drain = (): void => {
    this.#source.close();
    this.#feed.drain(this.#init.drain!.reason);
    this.#deliver();
  };

  /** Ends the flat map. Resolves when no body runs any more. */
  async #stop(reason: unknown): Promise<void> {
    if (!this.#ended) {
      this.#finish();
      this.#source.close();
    }
    await this.#feed.stop(reason);
  }

  #finish(): void {
    this.#ended = true;
    this.#source.finish();
    this.#unread.clear();
    this.#init.open.delete(this.#reader);
    this.#init.signal?.removeEventListener("abort", this.#aborted);
    this.#init.drain?.removeEventListener("abort", this.#drain);
  }
}
