/**
 * How an executor ends: `close()` finishes what was handed in, `terminate()` stops everything. Once either has resolved,
 * whatever the executor handed out has settled, and no body runs.
 *
 * @module
 */

import { ExecutorClosedError } from "../errors.ts";
import type { Readers } from "./calls/readers.ts";
import type { Task } from "./calls/task.ts";
import { after } from "./deadlines.ts";
import { letMicrotasksRun } from "./microtasks.ts";
import type { ResolvedCloseOptions } from "./options.ts";
import type { Pool } from "./pool/pool.ts";
import type { Dispatcher } from "./queue/dispatcher.ts";
import type { Retries } from "./queue/retry.ts";
import type { TaskQueue } from "./queue/task_queue.ts";

/** The parts of an executor that end with it. */
export interface ClosingInit {
  queue: TaskQueue;
  pool: Pool;
  dispatcher: Dispatcher;
  retries: Retries;
  readers: Readers;
}

/** The end of one executor. */
export class Closing {
  /** Whether no more calls are taken. */
  isClosed = false;
  /** Whether nothing starts any more, not even what was handed in before. */
  isOver = false;
  readonly #parts: ClosingInit;
  #isPaused = false;
  /** The error of a task that comes back, once what waits was dropped. */
  #dropped: (() => ExecutorClosedError) | undefined;
  #drained: PromiseWithResolvers<void> | undefined;
  #closed: Promise<void> | undefined;
  #terminated: Promise<void> | undefined;

  constructor(parts: ClosingInit) {
    this.#parts = parts;
  }

  /** Whether no tasks start until {@link resume} is called. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  pause(): void {
    if (!this.isClosed) this.#setPaused(true);
  }

  resume(): void {
    this.#setPaused(false);
  }

  /** Whether any task is pending or in flight. */
  get isBusy(): boolean {
    const { queue, pool, retries } = this.#parts;
    return queue.size > 0 || pool.inFlight > 0 || retries.size > 0;
  }

  async close({ timeout, pending }: ResolvedCloseOptions): Promise<void> {
    if (!this.isOver) this.#parts.readers.close();
    this.#closed ??= this.#close();
    if (pending === "cancel") this.#drop();
    if (timeout === Infinity) return await this.#closed;
    const timer = after(timeout, () => void this.terminate());
    await this.#closed;
    clearTimeout(timer);
  }

  async terminate(): Promise<void> {
    this.#closed ??= this.#close();
    await (this.#terminated ??= this.#terminate());
  }

  /** A task waits again: it is cancelled if what waits was dropped. */
  cameBack(task: Task): void {
    if (this.#dropped) task.cancel(this.#dropped());
  }

  /** Is called at the end of each round: in a turn a task may have no owner, as while `retry.when` is asked about it. */
  look(): void {
    if (!this.#drained) return;
    const { queue, pool, retries, readers } = this.#parts;
    const onlySlots = queue.size + retries.size > 0 || pool.inFlight > readers.slotsHeld;
    const isOver = readers.endUnread(
      () => new ExecutorClosedError("The executor was closed, and nobody read these results any more"),
      { onlySlots },
    );
    if (isOver && !this.isBusy) this.#drained.resolve();
  }

  #setPaused(paused: boolean): void {
    if (this.#isPaused === paused) return;
    this.#isPaused = paused;
    this.#parts.pool.paused = paused;
    this.#parts.dispatcher.paused = paused;
  }

  async #close(): Promise<void> {
    const { dispatcher, readers, pool } = this.#parts;
    this.isClosed = true;
    this.#setPaused(false);
    this.#drained = Promise.withResolvers();
    dispatcher.schedule();
    await this.#drained.promise;
    this.isOver = true;
    readers.stop();
    await pool.close(() => new ExecutorClosedError("The executor was closed before it was ready"));
    await letMicrotasksRun();
  }

  async #terminate(): Promise<void> {
    const { dispatcher, retries, pool } = this.#parts;
    dispatcher.paused = true;
    retries.stop();
    await pool.halt();
    this.isOver = true;
    const error = () => new ExecutorClosedError("The executor was terminated before the task was done");
    // Readers first, or else they would pull more as tasks fail.
    this.#parts.readers.end(error);
    this.#failWaiting(error);
    pool.terminate(error);
    this.#drained!.resolve();
    await this.#closed;
  }

  /** Cancels what waits. */
  #drop(): void {
    const error = this.#dropped = () =>
      new ExecutorClosedError("The executor was closed before the task was started");
    // Readers first, or else they would pull more as tasks fail.
    this.#parts.readers.dry(error);
    this.#failWaiting(error);
  }

  #failWaiting(error: () => ExecutorClosedError): void {
    this.#parts.queue.failAll(error);
    this.#parts.retries.end(error);
  }
}
