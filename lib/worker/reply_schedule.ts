/**
 * Decides when replies leave: as soon as nothing else settles in the same turn. So a lone result leaves at once, and a
 * thousand leave together.
 *
 * @module
 */

import { queueMicrotask } from "./realm.ts";

/** The replies that wait. */
interface Collected {
  readonly size: number;
}

/** Microtasks without a new reply after which the turn counts as over. */
const QUIET = 2;

/** So many replies leave even if more are coming. A guess: with fewer, posts cost more; with more, the caller waits longer. */
const FULL = 512;

/** Ends the turn two quiet microtasks after the last reply. */
export class ReplySchedule {
  readonly #outbox: Collected;
  readonly #onTurnEnd: () => void;
  #scheduled = false;
  #quiet = 0;
  #seen = 0;

  /** `onTurnEnd` sends what was ready in the turn. */
  constructor(outbox: Collected, onTurnEnd: () => void) {
    this.#outbox = outbox;
    this.#onTurnEnd = onTurnEnd;
  }

  /** Makes what is in the outbox leave at the end of the turn. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#quiet = 0;
    this.#seen = this.#outbox.size;
    queueMicrotask(this.#look);
  }

  readonly #look = (): void => {
    const size = this.#outbox.size;
    this.#quiet = size === this.#seen ? this.#quiet + 1 : 0;
    this.#seen = size;
    if (size > 0 && size < FULL && this.#quiet < QUIET) {
      queueMicrotask(this.#look);
      return;
    }
    this.#scheduled = false;
    this.#onTurnEnd();
  };
}
