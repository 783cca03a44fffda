/**
 * How the command line keeps a run over a broker, so that it can go on later: its results, its limits, and the lock that it takes from a
 * predecessor. Without a command line, all of it is empty.
 */

import type { LimitState } from "../../executor/queue/limit_state.ts";
import type { StartOffice } from "../limits/start_office.ts";

/** Keeps results before their jobs are removed from Redis, and tells the keys of inputs. */
export interface ResultKeeper {
  commit(): void;
  keysOf(first: number, count: number): string[];
}

/** What happens while a run waits for its lock. The lock of `predecessor`, which is known to be gone, is taken at once. */
export interface LockTaking {
  onWait: (line: string) => void;
  predecessor?: string;
}

export class Keeping {
  results: ResultKeeper | undefined;
  lock: LockTaking | undefined;
  /** Called when {@link limits} has changed by much. */
  onLimits: (() => void) | undefined;
  #before: LimitState | undefined;
  #starts: StartOffice | undefined;

  /** Returns what a successor must know to keep the limits. */
  limits(): LimitState {
    return this.#starts?.state() ?? { rates: [], opens: 0, keys: [] };
  }

  /** Goes on after the limits of an executor that has ended. Called before the first input is handed in. */
  takeOver(state: LimitState): void {
    this.#before = state;
    this.#starts?.takeOver(state);
  }

  /** Takes the office that keeps the limits; undefined if the run has no limits. */
  startsBy(starts: StartOffice | undefined): void {
    this.#starts = starts;
    if (this.#before) starts?.takeOver(this.#before);
  }
}
