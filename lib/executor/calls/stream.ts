/**
 * What a generator task yields, read as it comes. The worker sends no more than the reader has room
 * for: each value that is read grants another.
 *
 * @module
 */

import { Bodies } from "../pool/bodies.ts";
import { Fifo } from "./fifo.ts";
import type { OpenReader, Readers } from "./readers.ts";
import type { Task, TaskWaiter } from "./task.ts";

/** How many values may be on their way or wait to be read. */
export const STREAM_WINDOW = 64;

/** What it takes to read a stream. */
export interface StreamInit {
  /** Makes and queues the task. `onYield` says whether the value was asked for. */
  submit: (onYield: (value: unknown) => boolean, waiter: TaskWaiter) => Task;
  /** Those that are being read; one is here until its task has settled. */
  open: Readers;
}

/** Someone who waits for the next value. */
type Reader = PromiseWithResolvers<IteratorResult<unknown>>;

/** The values of one generator task. */
export class TaskStream<T> implements AsyncIterableIterator<T> {
  readonly #init: StreamInit;
  readonly #values = new Fifo<unknown>();
  readonly #readers = new Fifo<Reader>();
  readonly #bodies = new Bodies();
  #task: Task | undefined;
  #read = 0;
  #end: { ok: boolean; error: unknown } | undefined;
  /** How many more values its worker may send. */
  #credit = STREAM_WINDOW;
  /** Whether a loop reads it, and how often a value was asked for. */
  #isLoop = false;
  #asked = 0;
  /** How the executor sees it while it is being read. */
  readonly #reader: OpenReader = {
    isAwaited: () => this.#readers.size > 0,
    isLoop: () => this.#isLoop,
    asked: () => this.#asked,
    isComplete: () => this.#end !== undefined,
    holdsSlot: () => this.#credit === 0 && this.#readers.size === 0 && this.#task?.state === "running",
    widened() {},
    dry() {},
    end: (error) => this.#task?.cancel(error),
  };

  /** The task is submitted when the first value is asked for. */
  constructor(init: StreamInit) {
    this.#init = init;
  }

  /** The next value. Rejects with what the generator throws, after what it yielded before. */
  next(): Promise<IteratorResult<T>> {
    this.#asked++;
    this.#open();
    const reader = Promise.withResolvers<IteratorResult<unknown>>();
    this.#readers.push(reader);
    this.#deliver();
    return reader.promise as Promise<IteratorResult<T>>;
  }

  /** Stops: the task's signal aborts, its generator is closed; resolves when its body has ended. */
  async return(value?: unknown): Promise<IteratorResult<T>> {
    const task = this.#task;
    this.#task = undefined;
    this.#end ??= { ok: true, error: undefined };
    this.#values.clear();
    this.#deliver();
    task?.cancel(new DOMException("The stream is not read any more", "AbortError"));
    await this.#bodies.gone();
    return { done: true, value: value as T };
  }

  /** Itself: a stream can be read once. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    this.#isLoop = true;
    return this;
  }

  /** A reader that leaves scope by `await using` stops it too. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #open(): void {
    if (this.#task || this.#end) return;
    try {
      this.#task = this.#init.submit(
        (value) => {
          if (this.#end) return true;
          if (--this.#credit < 0) return false;
          if (this.#credit === 0) this.#init.open.changed();
          this.#values.push(value);
          this.#deliver();
          return true;
        },
        {
          bodies: this.#bodies,
          resolve: () => this.#settled({ ok: true, error: undefined }),
          reject: (error) => this.#settled({ ok: false, error }),
        },
      );
    } catch (error) {
      this.#end = { ok: false, error };
    }
    if (!this.#end) this.#init.open.add(this.#reader);
  }

  #settled(end: { ok: boolean; error: unknown }): void {
    this.#end ??= end;
    this.#init.open.delete(this.#reader);
    this.#deliver();
  }

  #deliver(): void {
    while (this.#readers.size > 0 && this.#values.size > 0) {
      this.#readers.shift()!.resolve({ done: false, value: this.#values.shift() });
      this.#grant();
    }
    if (!this.#end) return;
    for (let reader = this.#readers.shift(); reader; reader = this.#readers.shift()) {
      if (this.#end.ok) reader.resolve({ done: true, value: undefined });
      else reader.reject(this.#end.error);
      // The error is thrown once; after it comes the end.
      this.#end = { ok: true, error: undefined };
    }
  }

  /** Credit is granted by the half window: a message per value would undo the batching. */
  #grant(): void {
    if (++this.#read < STREAM_WINDOW / 2) return;
    this.#credit += this.#read;
    this.#task?.particulars.stream?.grant?.(this.#read);
    this.#read = 0;
  }
}
