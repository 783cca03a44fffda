/**
 * How late a worker's event loop runs: a timer says when it should have fired, the clock when it did.
 * It ticks only while tasks run.
 *
 * @module
 */

import { clearTimeout, now, setTimeout } from "./realm.ts";

/** Milliseconds between two looks. */
const INTERVAL = 250;

/** Reports the loop's lag, in microseconds, while it is watched. */
export class LagMeter {
  readonly #report: (micros: number) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watched = false;

  constructor(report: (micros: number) => void) {
    this.#report = report;
  }

  /** Tasks run: look from time to time. */
  watch(): void {
    this.#watched = true;
    if (this.#timer === undefined) this.#arm();
  }

  /** No task runs. The timer that is set stays, because setting one for every lone task would cost more. */
  rest(): void {
    this.#watched = false;
  }

  /** Ends it for good. */
  stop(): void {
    this.rest();
    clearTimeout(this.#timer);
  }

  #arm(): void {
    const due = now() + INTERVAL;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#report(Math.max(0, Math.round((now() - due) * 1000)));
      if (this.#watched) this.#arm();
    }, INTERVAL);
  }
}
