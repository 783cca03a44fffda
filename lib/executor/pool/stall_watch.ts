/**
 * Notices a worker whose event loop is blocked. Such a worker has tasks and has been silent for `stallTimeout`, while a loop that
 * turns reports its lag several times in that time. After the grace period, the worker is stopped.
 */

import { after } from "../basics/deadlines.ts";

/** A timer that is later than this, in milliseconds, was held up by the caller's own loop: messages may wait there. */
const LATE = 100;

interface StallWatchInit {
  /** Silence that makes a stall, in milliseconds; `Infinity` for no watch. */
  timeout: number;
  /** Time from a stall until the worker is stopped, in milliseconds. */
  grace: number;
  /** Since when the worker is silent, in milliseconds of `performance.now()`; undefined while it has no tasks. */
  silentSince(): number | undefined;
  /** Called when the worker has been silent for `silence` milliseconds. */
  stalled(silence: number): void;
  /** Called when the worker is still silent and has to be stopped. */
  kill(silence: number): void;
}

export class StallWatch {
  readonly #init: StallWatchInit;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = 0;
  #stalled = false;

  constructor(init: StallWatchInit) {
    this.#init = init;
  }

  /** Whether the worker has stalled and is still silent. */
  get isStalled(): boolean {
    return this.#stalled;
  }

  /** Starts the watch, because the worker has tasks. */
  watch(): void {
    if (this.#timer === undefined && this.#init.timeout !== Infinity) this.#arm(this.#init.timeout);
  }

  /** Ends a stall, because the worker has sent a message. */
  heard(): void {
    if (!this.#stalled) return;
    this.end();
    this.watch();
  }

  end(): void {
    this.#stalled = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(delay: number): void {
    this.#due = performance.now() + delay;
    this.#timer = after(delay, this.#look);
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    const { timeout, grace, silentSince, stalled, kill } = this.#init;
    const since = silentSince();
    if (since === undefined) return;
    const now = performance.now();
    if (now - this.#due > LATE) return this.#arm(LATE);
    const silence = now - since;
    if (silence < timeout) return this.#arm(timeout - silence + 1);
    if (this.#stalled) return kill(silence);
    this.#stalled = true;
    this.#arm(grace);
    stalled(silence);
  };
}
