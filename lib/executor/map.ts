/**
 * Iterable → bounded window of tasks → results. Inputs are pulled only as results are read, so neither
 * an endless input nor a slow reader fills memory. Longer than most files: pulling, delivering and ending
 * hang together.
 *
 * @module
 */

import { ExecutorClosedError } from "../errors.ts";
import { Fifo } from "./fifo.ts";
import { MapInput } from "./map_input.ts";
import type { OnSettle, Task } from "./task.ts";
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
  /** Makes and queues a task. */
  submit: (input: unknown, onSettle: OnSettle) => Task;
}

/** One input that was pulled and whose result has not been read. */
interface Entry {
  index: number;
  task: Task | undefined;
  done: boolean;
  /** Taken back before it started: it yields nothing. */
  dropped: boolean;
  ok: boolean;
  value: unknown;
}

/** Someone who waits for the next result. */
interface Reader {
  resolve(result: IteratorResult<unknown>): void;
  reject(error: unknown): void;
}

/** The results of a `map`, as they come. */
export class MapResults<T> implements AsyncIterableIterator<T> {
  readonly #init: MapInit;
  /** Pulled and not read: in input order if `ordered`; else only those that are done, as they finished. */
  readonly #entries = new Fifo<Entry>();
  readonly #live = new Set<Entry>();
  readonly #readers = new Fifo<Reader>();
  #input: MapInput | undefined;
  #index = 0;
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
  }

  /** The next result. Rejects with the first failure, unless the outcomes are `settled`. */
  next(): Promise<IteratorResult<T>> {
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
    // A task may settle while it is being submitted, and ask for the next: this loop goes on by itself.
    if (this.#pulling || !this.#input) return;
    if (this.#ahead > this.#refillAt) return;
    this.#pulling = true;
    const window = this.#init.window();
    // Inputs are pulled by the quarter window, because tasks that are submitted together travel together;
    // but never so late that a slot would stay empty for it.
    this.#refillAt = window - Math.max(1, Math.min(window >> 2, window - this.#init.slots));
    while (!this.#exhausted && this.#ahead < window) {
      try {
        if (this.#init.isClosed()) throw new ExecutorClosedError();
        const step = this.#input.next();
        if (step instanceof Promise) return this.#pullLater(step);
        this.#pulled(step);
      } catch (error) {
        this.#inputFailed(error);
      }
    }
    this.#pulling = false;
  }

  #pullLater(step: Promise<IteratorResult<unknown>>): void {
    step.then((step) => this.#pulled(step)).catch((error) => {
      if (!this.#exhausted) this.#inputFailed(error);
    }).then(() => {
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
    const entry: Entry = {
      index: this.#index++,
      task: undefined,
      done: false,
      dropped: false,
      ok: false,
      value: undefined,
    };
    this.#ahead++;
    this.#live.add(entry);
    if (this.#init.ordered) this.#entries.push(entry);
    try {
      entry.task = this.#init.submit(step.value, (ok, value, task) => {
        entry.task = task;
        this.#settled(entry, ok, value);
      });
    } catch (error) {
      // The input's own `transfer` function threw.
      this.#settled(entry, false, error);
    }
  }

  #settled(entry: Entry, ok: boolean, value: unknown): void {
    this.#live.delete(entry);
    if (this.#ended) return;
    const { drain } = this.#init;
    entry.dropped = !ok && drain?.aborted === true && value === drain.reason;
    entry.done = true;
    entry.ok = ok;
    entry.value = value;
    if (!this.#init.ordered) this.#entries.push(entry);
    this.#deliver();
  }

  /** Gives readers what is ready for them. */
  #deliver(): void {
    while (this.#readers.size > 0 && !this.#ended) {
      const entry = this.#entries.peek();
      if (!entry || !entry.done) break;
      this.#entries.shift();
      this.#ahead--;
      if (entry.dropped) continue;
      if (!entry.ok && !this.#init.settled) return this.#fail(entry.value);
      const value = this.#init.settled ? outcome(entry) : entry.value;
      if (this.#sink) this.#sink.push(value);
      else this.#readers.shift()!.resolve({ done: false, value });
    }
    if (this.#ended) return this.#endReaders();
    if (this.#exhausted && this.#ahead === 0) return this.#end();
    this.#pull();
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
    // The tasks share the signal and reject by themselves.
    this.#exhausted = true;
    this.#failure = { error: this.#init.signal!.reason };
    this.#input?.close();
    this.#deliver();
  };

  readonly #drain = (): void => {
    this.#exhausted = true;
    this.#input?.close();
    const reason = this.#init.drain!.reason;
    for (const entry of this.#live) {
      if (entry.task?.state === "pending") entry.task.cancel(reason);
    }
    this.#deliver();
  };

  /** Ends everything; resolves when no body runs any more. */
  async #stop(reason: unknown): Promise<void> {
    if (this.#ended) return;
    this.#finish();
    this.#input?.close();
    const released: Promise<void>[] = [];
    for (const { task } of this.#live) {
      if (!task) continue;
      if (task.state === "running") released.push(new Promise((resolve) => task.onReleased = resolve));
      task.cancel(reason);
    }
    this.#live.clear();
    await Promise.all(released);
  }

  #finish(): void {
    this.#ended = true;
    this.#exhausted = true;
    this.#init.signal?.removeEventListener("abort", this.#aborted);
    this.#init.drain?.removeEventListener("abort", this.#drain);
  }
}

function outcome({ index, ok, value, task }: Entry): MapOutcome {
  const attempts = task?.attempt ?? 0;
  const ms = (task?.micros ?? 0) / 1000;
  return ok
    ? { status: "fulfilled", value, index, attempts, ms }
    : { status: "rejected", reason: value, index, attempts, ms };
}
