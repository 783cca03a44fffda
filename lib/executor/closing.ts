/**
 * What `close()`, `terminate()` and a pause do with the parts of an `Executor`. The order of the steps is in `ending.ts`, which
 * `DistributedExecutor` uses as well.
 */

import { ExecutorClosedError } from "../errors.ts";
import type { Readers } from "./calls/readers.ts";
import type { Task } from "./calls/task.ts";
import { Ending, type EndingHost } from "./ending.ts";
import type { ResolvedCloseOptions } from "./options/close_options.ts";
import type { Pool } from "./pool/pool.ts";
import type { Dispatcher } from "./queue/dispatcher.ts";
import type { Retries } from "./queue/retry.ts";
import type { TaskQueue } from "./queue/task_queue.ts";

/** The parts of an executor that take part in its end. */
interface ClosingInit {
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
  /** Makes the error of tasks that come back after waiting tasks were dropped; undefined before that. */
  #dropped: (() => ExecutorClosedError) | undefined;

  constructor(parts: ClosingInit) {
    this.#parts = parts;
    this.#ending = new Ending(this, parts.readers);
  }

  /** Whether the executor takes no more calls. */
  get isClosed(): boolean {
    return this.#ending.isClosed;
  }

  /** Whether no task starts any more, including tasks that were handed in before. */
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

  /** Called at the end of each round, because within a turn a task may have no owner, for example while `retry.when` runs. */
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

  /** Takes a task that waits again. Cancels it if waiting tasks were dropped. */
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
