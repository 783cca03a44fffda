/**
 * Measures how late a worker's event loop runs: the time between when a timer should have fired and when it did.
 * Measures only while tasks run.
 */

import { max, round } from "../wire/intrinsics.ts";
import type { LoopFigures } from "../wire/message.ts";
import { LoopUseMeter } from "./loop_use.ts";
import { clearTimeout, now, setTimeout } from "./realm.ts";

/** The part of `Deno`, or of `process` on Node and Bun, that reports memory. */
interface Runtime {
  memoryUsage?(): { heapUsed: number; external: number };
}

const scope = globalThis as { Deno?: Runtime; process?: Runtime };

// Taken before a task may replace it. Deno's `process` is not accessed, because Deno loads it at the first access.
const { memoryUsage } = scope.Deno ?? scope.process ?? {};

/** Returns the memory of this realm in bytes, if the runtime reports it. */
function heapBytes(): number | undefined {
  const usage = memoryUsage?.();
  return usage && usage.heapUsed + usage.external;
}

export class LagMeter {
  readonly #interval: number;
  readonly #report: (micros: number, figures: LoopFigures) => void;
  readonly #use = new LoopUseMeter();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watched = false;

  /** `interval` is the time between two reports, in milliseconds. */
  constructor(interval: number, report: (micros: number, figures: LoopFigures) => void) {
    this.#interval = interval;
    this.#report = report;
  }

  /** Starts reporting, because a task runs. */
  watch(): void {
    this.#watched = true;
    if (this.#timer === undefined) this.#arm();
  }

  /** Stops after the next report, because no task runs. The timer stays, because a new timer for each single task would cost more. */
  rest(): void {
    this.#watched = false;
  }

  /** Stops for good, with a last report. */
  stop(): void {
    this.rest();
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#use.end();
    this.#report(0, { heapBytes: heapBytes(), use: this.#use.total });
  }

  #arm(): void {
    this.#use.begin();
    this.#look(LoopUseMeter.looks, 0);
  }

  /** Waits for `left` timers, one after another, and then reports the longest lag. */
  #look(left: number, longest: number): void {
    const interval = this.#interval / LoopUseMeter.looks;
    const due = now() + interval;
    this.#timer = setTimeout(() => {
      const late = max(0, now() - due);
      const lag = max(longest, late);
      this.#use.look(late);
      if (left > 1) return this.#look(left - 1, lag);
      this.#timer = undefined;
      this.#use.end();
      this.#report(round(lag * 1000), { heapBytes: heapBytes(), use: this.#use.total });
      if (this.#watched) this.#arm();
    }, interval);
  }
}
