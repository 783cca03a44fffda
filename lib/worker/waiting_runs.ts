/**
 * Runs that were sent ahead of the worker's slots. They wait here for a slot to fall free, so that the
 * worker need not wait for the caller; those that have waited for long go back, as another worker may
 * be idle.
 *
 * @module
 */

import type { RunRequest } from "../wire/message.ts";
import { clearTimeout, now, setTimeout } from "./realm.ts";

/** A run that was received and has no slot yet. */
export interface WaitingRun {
  target: number;
  input: unknown;
  request: RunRequest | undefined;
  /** When it came, in milliseconds. */
  since: number;
}

/** How long a run waits here, in milliseconds: more than what is sent ahead of a worker takes it, as a rule. */
const HOLD = 20;

/** The runs that wait, in the order they came. */
export class WaitingRuns {
  readonly #runs = new Map<number, WaitingRun>();
  readonly #giveBack: (id: number) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `giveBack` tells the caller that it has this run again. */
  constructor(giveBack: (id: number) => void) {
    this.#giveBack = giveBack;
  }

  get size(): number {
    return this.#runs.size;
  }

  add(id: number, run: WaitingRun): void {
    this.#runs.set(id, run);
  }

  /** What is here now has no slot: sees to it that it does not wait for too long. */
  watch(): void {
    if (this.#runs.size > 0) this.#timer ??= setTimeout(this.#look, HOLD);
  }

  /** Whether the run was here. */
  delete(id: number): boolean {
    return this.#runs.delete(id);
  }

  /** Gives back all that may be given back, of those that came before `time`. */
  giveBack(time = Infinity): void {
    // The last first: the caller puts each before those it has.
    for (const [id, { request, since }] of [...this.#runs].reverse()) {
      if (request?.keep || since > time) continue;
      this.#runs.delete(id);
      this.#giveBack(id);
    }
  }

  /** Forgets all. */
  clear(): void {
    this.#runs.clear();
    clearTimeout(this.#timer);
  }

  [Symbol.iterator](): Iterator<[number, WaitingRun]> {
    return this.#runs[Symbol.iterator]();
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    // Timers may fire a little early.
    this.giveBack(now() - HOLD + 1);
    this.watch();
  };
}
