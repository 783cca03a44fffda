/**
 * A pause, and the steps of `close()` and `terminate()`, for executors with workers here or over a broker. `close()` waits until no task is left,
 * and `terminate()` stops everything. When either has resolved, each promise and iterator of the executor has settled.
 */

import { ExecutorClosedError } from "../errors.ts";
import type { Readers } from "./calls/readers.ts";
import { after } from "./basics/deadlines.ts";
import type { ResolvedCloseOptions } from "./options/close_options.ts";

/** Number of microtasks to wait for. No function of ours passes a promise on more often: `batches()` does about ten times. */
const ENOUGH = 32;

export interface EndingHost {
  /** Whether any task is pending or in flight. */
  readonly isBusy: boolean;
  /** Whether a task is left that does not only wait for its reader. */
  readonly isComputing: boolean;
  /** Calls {@link Ending.look} when each task has an owner, at the end of this turn or later. */
  lookSoon(): void;
  /** Lets no tasks start, or lets them start again. */
  setPaused(isPaused: boolean): void;
  /** Cancels the tasks that wait, and tasks that come back later. */
  dropWaiting(error: () => ExecutorClosedError): void;
  /** Stops the workers at once. Resolves when no body runs. */
  halt(): Promise<void>;
  rejectAll(error: () => ExecutorClosedError): void;
  /** Releases the workers and other resources. Called when no task is left. */
  release(): Promise<void>;
}

export class Ending {
  /** Whether the executor takes no more calls. */
  isClosed = false;
  /** Whether no task starts any more, including tasks that were handed in before. */
  isOver = false;
  /** Whether no tasks start until {@link resume} is called. */
  isPaused = false;
  readonly #host: EndingHost;
  readonly #readers: Readers;
  #drained: PromiseWithResolvers<void> | undefined;
  #closed: Promise<void> | undefined;
  #terminated: Promise<void> | undefined;

  /** @param readers the executor's maps and streams that are being read */
  constructor(host: EndingHost, readers: Readers) {
    this.#host = host;
    this.#readers = readers;
  }

  /** Whether any task is pending or in flight. */
  get isBusy(): boolean {
    return this.#host.isBusy;
  }

  pause(): void {
    if (!this.isClosed) this.#setPaused(true);
  }

  resume(): void {
    this.#setPaused(false);
  }

  async close({ timeout, pending }: ResolvedCloseOptions): Promise<void> {
    if (!this.isOver) this.#readers.close();
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

  /** Ends the wait of `close()`, if no task and no reader is left. */
  look(): void {
    if (!this.#drained) return;
    const isOver = this.#readers.endUnread(
      () => new ExecutorClosedError("The executor was closed before these results were read"),
      { onlySlots: this.#host.isComputing },
    );
    if (isOver && !this.#host.isBusy) this.#drained.resolve();
  }

  async #close(): Promise<void> {
    this.isClosed = true;
    // Tasks that wait have to run.
    this.resume();
    this.#drained = Promise.withResolvers();
    this.#host.lookSoon();
    await this.#drained.promise;
    this.isOver = true;
    this.#readers.stop();
    await this.#host.release();
    await letMicrotasksRun();
  }

  async #terminate(): Promise<void> {
    await this.#host.halt();
    this.isOver = true;
    const error = () => new ExecutorClosedError("The executor was terminated before the task was done");
    // Readers first, or else they would pull more as tasks fail.
    this.#readers.end(error);
    this.#host.rejectAll(error);
    this.#drained!.resolve();
    await this.#closed;
  }

  #setPaused(isPaused: boolean): void {
    if (this.isPaused === isPaused) return;
    this.isPaused = isPaused;
    this.#host.setPaused(isPaused);
  }

  #drop(): void {
    const error = () => new ExecutorClosedError("The executor was closed before the task was started");
    // Readers first, or else they would pull more as tasks fail.
    this.#readers.dry(error);
    this.#host.dropWaiting(error);
  }
}

/**
 * Resolves when callers that await a promise which has just settled, through our async functions, have heard of it. A turn of the
 * event loop would be too late: a rejection whose promise is read right after `await terminate()` would count as unhandled.
 */
async function letMicrotasksRun(): Promise<void> {
  for (let passed = 0; passed < ENOUGH; passed++) await undefined;
}
