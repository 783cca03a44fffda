/**
 * The values of a generator task, read as they come. The worker sends no more values than the reader has room for, and each value
 * that is read grants another.
 */

import { Bodies } from "../tasks/bodies.ts";
import { Fifo } from "../basics/fifo.ts";
import { ReadCalls } from "./read_calls.ts";
import type { OpenReader, Readers } from "./readers.ts";
import type { TaskWaiter } from "../tasks/task.ts";
import type { TaskState } from "../tasks/task_handle.ts";

/** Maximum number of values that are on their way or wait to be read. A guess. */
export const STREAM_WINDOW = 64;

/** The task of a stream, with a worker here or over a broker. */
export interface StreamTask {
  readonly state: TaskState;
  cancel(reason: unknown): void;
  /** Lets the worker send this number of further values. */
  grant(credit: number): void;
}

/** Waits for the end of a stream's task. */
export interface StreamWaiter extends Pick<TaskWaiter, "bodies"> {
  resolve(): void;
  reject(error: unknown): void;
}

export interface StreamInit {
  /** Makes the task and hands it in. `onYield` returns whether the value was granted. */
  submit: (onYield: (value: unknown) => boolean, waiter: StreamWaiter) => StreamTask;
  /** The executor's maps and streams that are being read. */
  open: Readers;
}

/** The values of one generator task. */
export class TaskStream<T> implements AsyncIterableIterator<T> {
  readonly #init: StreamInit;
  readonly #values = new Fifo<unknown>();
  readonly #calls = new ReadCalls();
  readonly #bodies = new Bodies();
  #task: StreamTask | undefined;
  #read = 0;
  #end: { ok: boolean; error: unknown } | undefined;
  /** Number of further values that the worker may send. */
  #credit = STREAM_WINDOW;
  /** The stream as the executor sees it while it is being read. */
  readonly #reader: OpenReader = {
    isAwaited: () => this.#calls.size > 0,
    isLoop: () => this.#calls.areOfLoop,
    asked: () => this.#calls.asked,
    isComplete: () => this.#end !== undefined,
    slotsHeld: () => this.#credit === 0 && this.#calls.size === 0 && this.#task?.state === "running" ? 1 : 0,
    widened() {},
    dry() {},
    end: (error) => this.#task?.cancel(error),
  };

  /** Submits nothing before the first value is asked for. */
  constructor(init: StreamInit) {
    this.#init = init;
  }

  /** The next value. Rejects with the generator's error after the values that it has yielded before. */
  next(): Promise<IteratorResult<T>> {
    this.#calls.asked++;
    this.#open();
    const next = this.#calls.add<T>();
    this.#deliver();
    return next;
  }

  /** Stops: aborts the task's signal and closes its generator. Resolves when the body has ended. */
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

  /** The stream itself, because it can be read once. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    this.#calls.areOfLoop = true;
    return this;
  }

  /** Stops the stream, as {@link return} does. `await using` calls it. */
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
    while (this.#calls.size > 0 && this.#values.size > 0) {
      this.#calls.give(this.#values.shift());
      this.#grant();
    }
    if (!this.#end || this.#calls.size === 0) return;
    if (!this.#end.ok) this.#calls.fail(this.#end.error);
    // The error is thrown once, and then comes the end.
    this.#end = { ok: true, error: undefined };
    this.#calls.end();
  }

  /** Counts a value that was read. Half a window of values is granted with one message. */
  #grant(): void {
    if (++this.#read < STREAM_WINDOW / 2) return;
    this.#credit += this.#read;
    this.#task?.grant(this.#read);
    this.#read = 0;
  }
}
