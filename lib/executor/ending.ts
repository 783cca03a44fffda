/**
 * The end of an executor, here and over a broker: `close()` waits until nothing is left to be done, `terminate()` stops
 * everything. Once either has resolved, whatever the executor handed out has settled.
 *
 * @module
 */

import { ExecutorClosedError } from "../errors.ts";
import type { Readers } from "./calls/readers.ts";
import { after } from "./deadlines.ts";
import { letMicrotasksRun } from "./microtasks.ts";
import type { ResolvedCloseOptions } from "./options.ts";

/** What the end of an executor needs of it. */
export interface EndingHost {
  /** Whether any task is pending or in flight. */
  readonly isBusy: boolean;
  /** Whether a task is left that waits for anything but its reader. */
  readonly isComputing: boolean;
  /** Calls {@link Ending.look} once every task has an owner, at the end of this turn or later. */
  lookSoon(): void;
  /** Ends a pause: what waits has to run. */
  resume(): void;
  /** Cancels the tasks that wait. */
  dropWaiting(error: () => ExecutorClosedError): void;
  /** Stops what runs, at once. */
  halt(): Promise<void>;
  /** Rejects all tasks that are left. */
  rejectAll(error: () => ExecutorClosedError): void;
  /** Releases what the executor holds; no task is left. */
  release(): Promise<void>;
}

/** The end of one executor. */
export class Ending {
  /** Whether no more calls are taken. */
  isClosed = false;
  /** Whether nothing starts any more, not even what was handed in before. */
  isOver = false;
  readonly #host: EndingHost;
  readonly #readers: Readers;
  #drained: PromiseWithResolvers<void> | undefined;
  #closed: Promise<void> | undefined;
  #terminated: Promise<void> | undefined;

  /** `readers` are the iterators that the executor has handed out. */
  constructor(host: EndingHost, readers: Readers) {
    this.#host = host;
    this.#readers = readers;
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

  /** Looks whether anything is left to wait for. */
  look(): void {
    if (!this.#drained) return;
    const isOver = this.#readers.endUnread(
      () => new ExecutorClosedError("The executor was closed, and nobody read these results any more"),
      { onlySlots: this.#host.isComputing },
    );
    if (isOver && !this.#host.isBusy) this.#drained.resolve();
  }

  async #close(): Promise<void> {
    this.isClosed = true;
    this.#host.resume();
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

  #drop(): void {
    const error = () => new ExecutorClosedError("The executor was closed before the task was started");
    // Readers first, or else they would pull more as tasks fail.
    this.#readers.dry(error);
    this.#host.dropWaiting(error);
  }
}
