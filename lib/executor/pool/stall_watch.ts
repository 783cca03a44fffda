/**
 * Notices a worker whose event loop is blocked: it has tasks and has not been heard of for `stallTimeout`,
 * though a loop that turns reports its lag several times in that time. It then has its grace period.
 *
 * @module
 */

import { after } from "../deadlines.ts";

/** A timer that fires so late, in milliseconds, was held up by the caller's own loop: messages may wait there. */
const LATE = 100;

/** What a worker's handle does about it. */
export interface StallWatchInit {
  /** Milliseconds of silence that make a stall; `Infinity` watches nothing. */
  timeout: number;
  /** Milliseconds that a stalled worker has left. */
  grace: number;
  /** Since when a message is due, in milliseconds; undefined while it has no tasks. */
  silentSince(): number | undefined;
  /** The worker has been silent for `silence` milliseconds. */
  stalled(silence: number): void;
  /** It is still silent, and must go. */
  kill(silence: number): void;
}

/** Watches over one worker. */
export class StallWatch {
  readonly #init: StallWatchInit;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = 0;
  #stalled = false;

  constructor(init: StallWatchInit) {
    this.#init = init;
  }

  /** Whether the worker is silent right now, for too long. */
  get isStalled(): boolean {
    return this.#stalled;
  }

  /** The worker has tasks. */
  watch(): void {
    if (this.#timer === undefined && this.#init.timeout !== Infinity) this.#arm(this.#init.timeout);
  }

  /** The worker was heard of. */
  heard(): void {
    if (!this.#stalled) return;
    this.end();
    this.watch();
  }

  /** The worker is gone. */
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
