/**
 * The end of an `Executor`: what `close()`, `terminate()` and a pause mean for its parts. The order of the steps is in
 * `ending.ts`, because an executor over a broker ends in the same way.
 *
 * @module
 */

import { ExecutorClosedError } from "../errors.ts";
import type { Readers } from "./calls/readers.ts";
import type { Task } from "./calls/task.ts";
import { Ending, type EndingHost } from "./ending.ts";
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
export class Closing implements EndingHost {
  readonly #parts: ClosingInit;
  readonly #ending: Ending;
  #isPaused = false;
  /** The error of a task that comes back, once what waits was dropped. */
  #dropped: (() => ExecutorClosedError) | undefined;

  constructor(parts: ClosingInit) {
    this.#parts = parts;
    this.#ending = new Ending(this, parts.readers);
  }

  /** Whether no more calls are taken. */
  get isClosed(): boolean {
    return this.#ending.isClosed;
  }

  /** Whether nothing starts any more, not even what was handed in before. */
  get isOver(): boolean {
    return this.#ending.isOver;
  }

  /** Whether no tasks start until {@link resume} is called. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  get isBusy(): boolean {
    const { queue, pool, retries } = this.#parts;
    return queue.size > 0 || pool.inFlight > 0 || retries.size > 0;
  }

  get isComputing(): boolean {
    const { queue, pool, retries, readers } = this.#parts;
    return queue.size + retries.size > 0 || pool.inFlight > readers.slotsHeld;
  }

  async close(options: ResolvedCloseOptions): Promise<void> {
    await this.#ending.close(options);
  }

  async terminate(): Promise<void> {
    await this.#ending.terminate();
  }

  /** Is called at the end of each round: in a turn a task may have no owner, as while `retry.when` is asked about it. */
  look(): void {
    this.#ending.look();
  }

  lookSoon(): void {
    this.#parts.dispatcher.schedule();
  }

  pause(): void {
    if (!this.isClosed) this.#setPaused(true);
  }

  resume(): void {
    this.#setPaused(false);
  }

  /** A task waits again: it is cancelled if what waits was dropped. */
  cameBack(task: Task): void {
    if (this.#dropped) task.cancel(this.#dropped());
  }

  dropWaiting(error: () => ExecutorClosedError): void {
    this.#dropped = error;
    this.#parts.queue.failAll(error);
    this.#parts.retries.end(error);
  }

  async halt(): Promise<void> {
    const { dispatcher, retries, pool } = this.#parts;
    dispatcher.paused = true;
    retries.stop();
    await pool.halt();
  }

  rejectAll(error: () => ExecutorClosedError): void {
    const { queue, retries, pool } = this.#parts;
    queue.failAll(error);
    retries.end(error);
    pool.terminate(error);
  }

  async release(): Promise<void> {
    await this.#parts.pool.close(
      () => new ExecutorClosedError("The executor was closed before it was ready"),
    );
  }

  #setPaused(paused: boolean): void {
    if (this.#isPaused === paused) return;
    this.#isPaused = paused;
    this.#parts.pool.paused = paused;
    this.#parts.dispatcher.paused = paused;
  }
}
