/** The starts of one pool's workers: how long each may take, and when the next may be tried after a failed one. */

import { Deadlines } from "../basics/deadlines.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** Time for which other workers leave a share of the tasks to a worker that starts, in milliseconds. A guess. */
const PATIENCE = 1000;

/**
 * A timer that is later than this, in milliseconds, was held up by the caller's own loop. The message that the worker is ready may
 * wait there, so the start gets `LAST_LOOK` milliseconds more. Both are guesses.
 */
const LATE = 100;
const LAST_LOOK = 1_000;

/** The delay after the first failed start, in milliseconds. It doubles with each one, up to the longest. Guesses. */
const FIRST_DELAY = 100;
const LONGEST_DELAY = 30_000;

/** After this number of failed starts in a row, waiting tasks fail. A guess. */
const MOST_FAILED = 6;

export class Starts {
  readonly #timeout: number;
  readonly #changed: () => void;
  /** Workers that start, with `startTimeout`. */
  readonly #deadlines: Deadlines<WorkerHandle>;
  /** Workers whose start has taken longer than `PATIENCE`. */
  readonly #slow = new WeakSet<WorkerHandle>();
  readonly #patience = new Deadlines<WorkerHandle>((handle) => {
    this.#slow.add(handle);
    this.#changed();
  });
  #failed = 0;
  #next = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isProven = false;

  /** @param changed called when the next start may be tried, or a start turns out to be slow */
  constructor(startTimeout: number, changed: () => void) {
    this.#timeout = startTimeout;
    this.#changed = changed;
    const last = new Deadlines<WorkerHandle>((handle) => handle.startTimedOut(startTimeout));
    this.#deadlines = new Deadlines((handle) => {
      if (performance.now() - handle.created - startTimeout > LATE) last.add(handle, LAST_LOOK);
      else handle.startTimedOut(startTimeout);
    });
  }

  /** Whether any worker was ever ready: then the module can be loaded, and a failed start may be an exception. */
  get isProven(): boolean {
    return this.#isProven;
  }

  /** Whether the tasks that wait for a start should fail: no start ever succeeded, or many in a row have failed. */
  get isHopeless(): boolean {
    return !this.#isProven || this.#failed >= MOST_FAILED;
  }

  add(handle: WorkerHandle): void {
    this.#deadlines.add(handle, this.#timeout);
    this.#patience.add(handle, PATIENCE);
  }

  ready(handle: WorkerHandle): void {
    this.#isProven = true;
    this.delete(handle);
  }

  /** Forgets a worker that is ready or gone. */
  delete(handle: WorkerHandle): void {
    this.#deadlines.delete(handle, this.#timeout);
    this.#patience.delete(handle, PATIENCE);
  }

  isSoon(handle: WorkerHandle): boolean {
    return handle.state === "starting" && !this.#slow.has(handle);
  }

  /** Counts a failed start. The next one has to wait. */
  failed(): void {
    const delay = Math.min(FIRST_DELAY * 2 ** this.#failed++, LONGEST_DELAY);
    this.#next = performance.now() + delay;
  }

  /** Forgets failed starts, because a worker has done something. */
  succeeded(): void {
    this.#failed = 0;
  }

  /** Lets the next start be tried at once. */
  forgetDelay(): void {
    this.#next = 0;
  }

  get mayStart(): boolean {
    return performance.now() >= this.#next;
  }

  /** Calls `changed` when the next start may be tried. */
  awaitNext(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#changed();
    }, this.#next - performance.now());
  }

  /** Ends the timer, because no worker is started any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
