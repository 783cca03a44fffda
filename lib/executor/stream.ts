/**
 * What a generator task yields, read as it comes. The worker sends no more than the reader has room
 * for: each value that is read grants another.
 *
 * @module
 */

import { Fifo } from "./fifo.ts";
import type { Task, TaskWaiter } from "./task.ts";

/** How many values may be on their way or wait to be read. */
export const STREAM_WINDOW = 64;

/** What it takes to read a stream. */
export interface StreamInit {
  /** Makes and queues the task. */
  submit: (onYield: (value: unknown) => void, waiter: TaskWaiter) => Task;
}

/** Someone who waits for the next value. */
type Reader = PromiseWithResolvers<IteratorResult<unknown>>;

/** The values of one generator task. */
export class TaskStream<T> implements AsyncIterableIterator<T> {
  readonly #init: StreamInit;
  readonly #values = new Fifo<unknown>();
  readonly #readers = new Fifo<Reader>();
  #task: Task | undefined;
  #read = 0;
  #end: { ok: boolean; error: unknown } | undefined;

  /** The task is submitted when the first value is asked for. */
  constructor(init: StreamInit) {
    this.#init = init;
  }

  /** The next value. Rejects with what the generator throws, after what it yielded before. */
  next(): Promise<IteratorResult<T>> {
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
    if (task && task.state !== "settled") {
      const released = task.state === "running" &&
        new Promise<void>((resolve) => task.set({ onReleased: resolve }));
      task.cancel(new DOMException("The stream is not read any more", "AbortError"));
      await released;
    }
    return { done: true, value: value as T };
  }

  /** Itself: a stream can be read once. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
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
          if (this.#end) return;
          this.#values.push(value);
          this.#deliver();
        },
        {
          resolve: () => this.#settled({ ok: true, error: undefined }),
          reject: (error) => this.#settled({ ok: false, error }),
        },
      );
    } catch (error) {
      this.#end = { ok: false, error };
    }
  }

  #settled(end: { ok: boolean; error: unknown }): void {
    this.#end ??= end;
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
    this.#task?.particulars.stream?.grant?.(this.#read);
    this.#read = 0;
  }
}
