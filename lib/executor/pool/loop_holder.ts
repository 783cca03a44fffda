/**
 * Which body holds the event loop of one worker, as far as it is known while that loop does not turn: from memory that the
 * worker shares with the caller, or from the second thread of a process.
 *
 * @module
 */

import { type HeldBy, Pulse } from "../../wire/pulse.ts";

/** A process whose loop is held says so more often than this, in milliseconds (`worker/second_thread.ts`). */
const TOLD_AGAIN = 1_000;

/** What is known of one worker's loop. */
export class LoopHolder {
  readonly #pulse: Pulse | undefined;
  /** What the second thread of a process said last. */
  #told: { id: number; since: number; at: number } | undefined;

  /** `memory` is shared with the worker, where that can be. */
  constructor(memory: SharedArrayBuffer | undefined) {
    this.#pulse = memory && new Pulse(memory);
  }

  /** Whether the worker shows each body that it calls. */
  get isShared(): boolean {
    return this.#pulse !== undefined;
  }

  /** The second thread says that the body with this number has held the loop for `micros` microseconds. */
  tell(id: number, micros: number): void {
    const at = performance.now();
    this.#told = { id, since: at - micros / 1_000, at };
  }

  /** The body that holds the loop now, and for how long; undefined if none does or it is not known. */
  heldBy(): HeldBy | undefined {
    if (this.#pulse) return this.#pulse.heldBy();
    const now = performance.now();
    // It says so again and again, as long as it lasts.
    if (!this.#told || now - this.#told.at > TOLD_AGAIN) return undefined;
    return { id: this.#told.id, ms: now - this.#told.since };
  }

  /** The number of the body that was called last; undefined if none was or it is not known. */
  lastCalled(): number | undefined {
    return this.#pulse ? this.#pulse.lastCalled : this.heldBy()?.id;
  }
}
