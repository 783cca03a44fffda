/**
 * What `close()`, `terminate()` and a pause do with the parts of an `Executor`. The order of the steps is in `ending.ts`, which
 * `DistributedExecutor` uses as well.
 */

import { ExecutorClosedError } from "../errors.ts";
import type { Readers } from "./calls/readers.ts";
import type { Task } from "./tasks/task.ts";
import type { EndingHost } from "./ending.ts";
import type { Pool } from "./pool/pool.ts";
import type { Dispatcher } from "./queue/dispatcher.ts";
import type { Retries } from "./queue/retry.ts";
import type { TaskQueue } from "./queue/task_queue.ts";

interface ClosingInit {
  queue: TaskQueue;
  pool: Pool;
  dispatcher: Dispatcher;
  retries: Retries;
  readers: Readers;
}

export class Closing implements EndingHost {
  readonly #parts: ClosingInit;
  /** Makes the error of tasks that come back after waiting tasks were dropped; undefined before that. */
  #dropped: (() => ExecutorClosedError) | undefined;

  constructor(parts: ClosingInit) {
    this.#parts = parts;
  }

  get isBusy(): boolean {
    const { queue, pool, retries } = this.#parts;
    return queue.size > 0 || pool.inFlight > 0 || retries.size > 0;
  }

  get isComputing(): boolean {
    const { queue, pool, retries, readers } = this.#parts;
    return queue.size + retries.size > 0 || pool.inFlight > readers.slotsHeld;
  }

  lookSoon(): void {
    this.#parts.dispatcher.schedule();
  }

  setPaused(isPaused: boolean): void {
    this.#parts.pool.paused = isPaused;
    this.#parts.dispatcher.paused = isPaused;
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
}
