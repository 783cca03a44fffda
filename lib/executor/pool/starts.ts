/**
 * The starts of one pool's workers: how long each may take, and when the next may be tried after some have failed.
 *
 * @module
 */

import { Deadlines } from "../deadlines.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** How long a start may take before other workers stop leaving it a share of the tasks, in milliseconds. */
const PATIENCE = 1000;

/**
 * A timer that is later than this, in milliseconds, was held up by the caller's own loop. A worker's word that it is ready may
 * wait there, so a start gets some more time then: a guess.
 */
const LATE = 100;
const LAST_LOOK = 1_000;

/** The delay after the first failed start, in milliseconds; it doubles with each, up to half a minute. */
const FIRST_DELAY = 100;
const LONGEST_DELAY = 30_000;

/** After this number of failed starts in a row there is no point in another. */
const MOST_FAILED = 6;

/** Follows the workers that start. */
export class Starts {
  readonly #timeout: number;
  readonly #changed: () => void;
  /** Workers that start, until they are ready or have taken too long. */
  readonly #deadlines: Deadlines<WorkerHandle>;
  /** Starts that are slow are not waited for. */
  readonly #slow = new WeakSet<WorkerHandle>();
  readonly #patience = new Deadlines<WorkerHandle>((handle) => {
    this.#slow.add(handle);
    this.#changed();
  });
  #failed = 0;
  #next = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isProven = false;

  /** `changed` is called when a worker may be started that might not before, or another is not waited for any more. */
  constructor(startTimeout: number, changed: () => void) {
    this.#timeout = startTimeout;
    this.#changed = changed;
    const last = new Deadlines<WorkerHandle>((handle) => handle.startTimedOut(startTimeout));
    this.#deadlines = new Deadlines((handle) => {
      if (performance.now() - handle.created - startTimeout > LATE) last.add(handle, LAST_LOOK);
      else handle.startTimedOut(startTimeout);
    });
  }

  /** Whether any worker was ever ready: then the module is sound, and a failed start may be bad luck. */
  get isProven(): boolean {
    return this.#isProven;
  }

  /** Whether there is no point in another start: none ever succeeded, or many in a row have failed. */
  get isHopeless(): boolean {
    return !this.#isProven || this.#failed >= MOST_FAILED;
  }

  /** A worker is being started. */
  add(handle: WorkerHandle): void {
    this.#deadlines.add(handle, this.#timeout);
    this.#patience.add(handle, PATIENCE);
  }

  /** The worker is ready. */
  ready(handle: WorkerHandle): void {
    this.#isProven = true;
    this.delete(handle);
  }

  /** The worker is ready, or gone. */
  delete(handle: WorkerHandle): void {
    this.#deadlines.delete(handle, this.#timeout);
    this.#patience.delete(handle, PATIENCE);
  }

  /** Whether the worker will soon take its share. */
  isSoon(handle: WorkerHandle): boolean {
    return handle.state === "starting" && !this.#slow.has(handle);
  }

  /** A start has failed: the next may be tried later each time. */
  failed(): void {
    const delay = Math.min(FIRST_DELAY * 2 ** this.#failed++, LONGEST_DELAY);
    this.#next = performance.now() + delay;
  }

  /** A worker has done something: what failed before was bad luck. */
  succeeded(): void {
    this.#failed = 0;
  }

  /** The next start may be tried at once: a task that comes later finds out for itself. */
  forgetDelay(): void {
    this.#next = 0;
  }

  /** Whether no start failed just now. */
  get mayStart(): boolean {
    return performance.now() >= this.#next;
  }

  /** Calls back when the next start may be tried. */
  awaitNext(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#changed();
    }, this.#next - performance.now());
  }

  /** No worker is started any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
