/**
 * Decides when replies leave: as soon as nothing else settles in the same turn. So a single result leaves at once, and
 * a thousand results leave together.
 *
 * @module
 */

import { queueMicrotask } from "./realm.ts";

/** The waiting replies. */
interface Collected {
  readonly size: number;
}

/** Number of microtasks without a new reply after which the turn counts as over. */
const QUIET = 2;

/**
 * Number of waiting replies that leave at once, even if more follow. A guess: with fewer, posts cost more; with more,
 * the caller waits longer.
 */
const FULL = 512;

/** Ends a turn {@link QUIET} microtasks after its last reply. */
export class ReplySchedule {
  readonly #outbox: Collected;
  readonly #onTurnEnd: () => void;
  #scheduled = false;
  #quiet = 0;
  #seen = 0;

  /** `onTurnEnd` sends the replies of the turn. */
  constructor(outbox: Collected, onTurnEnd: () => void) {
    this.#outbox = outbox;
    this.#onTurnEnd = onTurnEnd;
  }

  /** Schedules the replies in the outbox to leave at the end of the turn. */
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
