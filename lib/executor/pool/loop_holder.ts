/**
 * The body that holds the event loop of one worker. While the loop does not turn, this is known from memory that the worker
 * shares with the caller, or from the second thread of a process.
 */

import type { LastCall } from "../../wire/message.ts";
import { type HeldBy, Pulse } from "../../wire/pulse.ts";

/**
 * Maximum age of a report of the second thread, in milliseconds. While a body holds the loop, the thread repeats its report more
 * often than this (`worker/second_thread.ts`).
 */
const MAX_AGE = 1_000;

export class LoopHolder {
  readonly #pulse: Pulse | undefined;
  /** The holder in the last report of the second thread. */
  #told: { id: number; since: number; at: number } | undefined;
  /** The last call in that report. */
  #last: LastCall | undefined;
  /** Number of calls at the last call that the worker itself has told. */
  #calls = 0;

  /** @param memory the memory that is shared with the worker, if there is any */
  constructor(memory: SharedArrayBuffer | undefined) {
    this.#pulse = memory && new Pulse(memory);
  }

  /** Whether shared memory shows each body that the worker calls. */
  get isShared(): boolean {
    return this.#pulse !== undefined;
  }

  /**
   * Takes a report: the loop does not turn, and the body with this number has held it for `micros` microseconds. The number is 0 if
   * that body is not known.
   */
  tell(id: number, micros: number, last: LastCall): void {
    // The report was overtaken: another body was called since.
    if (last.calls < this.#calls) return;
    const at = performance.now();
    this.#told = id === 0 ? undefined : { id, since: at - micros / 1_000, at };
    this.#last = last;
  }

  /** Notes a further call, which the worker tells after a report. Calls after this one are not known. */
  called(calls: number): void {
    this.#calls = calls;
    this.#last = this.#told = undefined;
  }

  /** Notes that the loop has turned since: the body that was reported has returned, and others may have begun. */
  turned(): void {
    this.#told = undefined;
  }

  /** The body that holds the loop now, and for how long; undefined if no body does, or it is not known. */
  heldBy(): HeldBy | undefined {
    if (this.#pulse) return this.#pulse.heldBy();
    const now = performance.now();
    if (!this.#told || now - this.#told.at > MAX_AGE) return undefined;
    return { id: this.#told.id, ms: now - this.#told.since };
  }

  /** The number of the body that was called last; undefined if none was, or it is not known. */
  lastCalled(): number | undefined {
    return this.#pulse ? this.#pulse.lastCalled : this.#last?.id;
  }
}
