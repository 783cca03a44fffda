/**
 * The times until which the inputs of one feed may wait for a slot (`queueTimeout`). One timer for all of them, because many inputs
 * arrive at the same time.
 */

import { after } from "../../executor/basics/deadlines.ts";

/** How often inputs that a worker has are looked for again, in milliseconds. A guess: they come back if the worker is lost. */
const AGAIN = 2_000;

export class WaitLimit {
  readonly #ms: number;
  readonly #expire: (before: number) => Promise<number>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When it looks next, in milliseconds of `performance.now()`. */
  #at = Infinity;
  #isWatching = false;

  /**
   * @param ms how long each input may wait, in milliseconds
   * @param expire fails the inputs that arrived before a time. Resolves with the arrival of the first of the later ones; else with
   * `Infinity`
   */
  constructor(ms: number, expire: (before: number) => Promise<number>) {
    this.#ms = ms;
    this.#expire = expire;
  }

  /** Watches inputs that arrived at this time, in milliseconds of `performance.now()`. */
  watch(arrived: number): void {
    this.#isWatching = true;
    this.#lookAt(arrived + this.#ms);
  }

  /** Watches no more, because no input is left. */
  stop(): void {
    clearTimeout(this.#timer);
    [this.#isWatching, this.#at] = [false, Infinity];
  }

  #lookAt(time: number): void {
    if (time >= this.#at) return;
    clearTimeout(this.#timer);
    this.#at = time;
    this.#timer = after(Math.max(0, time - performance.now()), () => void this.#look());
  }

  async #look(): Promise<void> {
    this.#at = Infinity;
    // Timers fire up to a millisecond early.
    const next = await this.#expire(performance.now() - this.#ms + 1);
    if (this.#isWatching) this.#lookAt(Math.min(next + this.#ms, performance.now() + AGAIN));
  }
}
