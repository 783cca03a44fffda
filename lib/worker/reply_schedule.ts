/**
 * Decides when replies leave. The first outcomes leave at once: the next body may never end, and an outcome that was not
 * sent before is lost with the worker. Many outcomes in quick succession leave together.
 */

import { max, min } from "../wire/intrinsics.ts";
import { queueMicrotask } from "./realm.ts";

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

/**
 * Number of outcomes in quick succession that leave at once, each by itself. A guess: with fewer, a body that never ends
 * takes finished neighbours along in more programs; with more, a worker begins slowly after a pause. Workers that share a core
 * pause often, because others compute, and share this number. Measured with 16 workers on two cores and Node 24: where each had 2,
 * they sent half as many messages.
 */
const AT_ONCE = 32;

/**
 * Time per further outcome that may leave at once, in milliseconds. The outcomes that wait also leave if the first of them
 * has waited for this time. Measured with `map()` of objects: 2 ms cost no CPU, 0.2 ms cost 13 to 20 % more.
 */
const GAP = 2;

/**
 * An outcome leaves at once, with all that wait, if none has left for this time, in milliseconds. Measured with `map()` of
 * numbers: with 2 ms, the first outcome of most turns left alone, which cost up to 5 % more CPU.
 */
const LULL = 16;

/** Sends the first outcomes at once. Otherwise ends a turn {@link QUIET} microtasks after its last reply. */
export class ReplySchedule {
  readonly #outbox: Collected;
  readonly #onTurnEnd: () => void;
  /** Number of outcomes that leave at once after a pause. */
  readonly #atOnce: number;
  #scheduled = false;
  #quiet = 0;
  #seen = 0;
  /**
   * Number of outcomes that could leave at once when replies last left. Negative after many outcomes in quick succession,
   * so that not one leaves alone whenever such a row pauses.
   */
  #allowance: number;
  /** The time of the last outcome that has left, and of the last one at all, in milliseconds. */
  #counted = 0;
  #last = 0;
  /** Number of outcomes that have not left. */
  #waiting = 0;
  /** The time from which an outcome leaves at once, in milliseconds. */
  #atOnceFrom = -Infinity;

  /**
   * @param onTurnEnd sends the replies of the turn
   * @param perCore number of workers per core
   */
  constructor(outbox: Collected, onTurnEnd: () => void, perCore = 1) {
    this.#outbox = outbox;
    this.#onTurnEnd = onTurnEnd;
    this.#allowance = this.#atOnce = AT_ONCE / min(AT_ONCE, max(1, perCore));
  }

  /** Schedules an outcome that has just been put into the outbox. `time` is the present, in milliseconds. */
  scheduleOutcome(time: number): void {
    this.#last = time;
    this.#waiting++;
    if (this.leavesAtOnce(time)) return this.#leave();
    if (this.#waiting > 1) return;
    this.#atOnceFrom = min(this.#atOnceFrom, time + GAP);
    this.schedule();
  }

  leavesAtOnce(time: number): boolean {
    return time >= this.#atOnceFrom;
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
    this.#leave();
  };

  #leave(): void {
    const allowance = min(this.#atOnce, this.#allowance + (this.#last - this.#counted) / GAP);
    this.#allowance = max(-AT_ONCE, allowance - this.#waiting);
    this.#counted = this.#last;
    this.#waiting = 0;
    this.#atOnceFrom = this.#counted + min(LULL, (1 - this.#allowance) * GAP);
    this.#onTurnEnd();
  }
}
