/** The pauses of a run: times in which no task, or none of a key, started, because of an error's `retryAfter`. */

import { formatTime, plural } from "./format.ts";

/** Maximum number of pauses that are kept for a report. A guess: more than a picture can show. */
const MOST = 1_000;

/** A pause. Times are milliseconds of `performance.now()`. */
export interface PauseSpan {
  from: number;
  until: number;
  /** The key of `--limit-per` whose tasks were paused; undefined for all tasks. */
  key: string | undefined;
}

export class Pauses {
  /** The first thousand, in the order in which they began. */
  readonly list: PauseSpan[] = [];
  /** Number of pauses of all tasks, and of keys. */
  all = 0;
  ofKeys = 0;
  #ms = 0;
  #last: PauseSpan | undefined;

  add({ from, until, key }: PauseSpan): void {
    const open = key === undefined
      ? this.#last
      : this.list.findLast((other) => other.key === key && other.until >= from);
    if (open && open.until >= from) return void (open.until = Math.max(open.until, until));
    const span = { from, until, key };
    if (this.list.length < MOST) this.list.push(span);
    if (key !== undefined) return void this.ofKeys++;
    this.all++;
    if (this.#last) this.#ms += this.#last.until - this.#last.from;
    this.#last = span;
  }

  /** Time of the pauses of all tasks until now, in milliseconds. */
  ms(now: number): number {
    return this.#ms + (this.#last ? Math.min(now, this.#last.until) - this.#last.from : 0);
  }

  /** `3 pauses by retryAfter (12 s in all), 5 pauses of keys`; empty if there were none. */
  text(now: number): string {
    const texts = [];
    if (this.all > 0) {
      texts.push(`${plural(this.all, "pause")} by retryAfter (${formatTime(this.ms(now))} in all)`);
    }
    if (this.ofKeys > 0) {
      texts.push(`${plural(this.ofKeys, "pause")} of keys${this.all > 0 ? "" : " by retryAfter"}`);
    }
    return texts.join(", ");
  }
}
