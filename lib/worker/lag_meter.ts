/**
 * How late a worker's event loop runs: a timer says when it should have fired, the clock when it did.
 * It ticks only while tasks run.
 *
 * @module
 */

import { clearTimeout, now, setTimeout } from "./realm.ts";

/** What tells of memory: Deno, or the `process` of Node and Bun. */
interface Runtime {
  memoryUsage?(): { heapUsed: number; external: number };
}

/** What this realm holds in memory, in bytes, where the runtime tells. */
function heapBytes(): number | undefined {
  const { Deno, process } = globalThis as { Deno?: Runtime; process?: Runtime };
  const usage = (Deno ?? process)?.memoryUsage?.();
  return usage && usage.heapUsed + usage.external;
}

/** Reports the loop's lag, in microseconds, while it is watched. */
export class LagMeter {
  readonly #interval: number;
  readonly #report: (micros: number, heapBytes: number | undefined) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watched = false;

  /** `interval` is the milliseconds between two looks. */
  constructor(interval: number, report: (micros: number, heapBytes: number | undefined) => void) {
    this.#interval = interval;
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
    const due = now() + this.#interval;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#report(Math.max(0, Math.round((now() - due) * 1000)), heapBytes());
      if (this.#watched) this.#arm();
    }, this.#interval);
  }
}
