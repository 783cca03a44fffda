/**
 * The attempts that a report shows one by one: all, as long as they are not too many, then one in 2, 4, 8, … of them; failed
 * ones, which are few as a rule, on their own. Which ones depends on a hash of their number: what comes at regular
 * distances must not be seen always or never.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { FAILED, TRIED_AGAIN } from "./bar_marks.ts";

/** So many at the most, and so many failed ones. */
const MOST = 32_768;
const MOST_FAILED = 8_192;

/** An attempt at a task as it is drawn. */
export interface Bar {
  /** The input's index. */
  index: number;
  slot: number;
  lane: number;
  /** Milliseconds since the run began. */
  start: number;
  ms: number;
  ok: boolean;
  /** Whether it failed and another attempt followed. */
  again?: boolean;
}

/** Bars as they are written down: columns of numbers with the least byte first, in Base64. */
export interface BarData {
  count: number;
  /** How many of them are attempts that another followed. */
  again: number;
  /** One task in so many is here, and one failed one in so many. */
  oneIn: number;
  failedOneIn: number;
  /** Times are in steps of so many milliseconds. */
  unit: number;
  start: string;
  duration: string;
  index: string;
  slot: string;
  lane: string;
  failed: string;
}

/** Keeps some of many. */
class Sample {
  readonly #most: number;
  bars: Bar[] = [];
  #mask = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get oneIn(): number {
    return this.#mask + 1;
  }

  add(bar: Bar): void {
    if ((hashOf(bar.index) & this.#mask) !== 0) return;
    this.bars.push(bar);
    while (this.bars.length > this.#most) {
      this.#mask = this.#mask * 2 + 1;
      this.bars = this.bars.filter(({ index }) => (hashOf(index) & this.#mask) === 0);
    }
  }
}

/** The bars of a run. */
export class Bars {
  readonly #ok = new Sample(MOST);
  readonly #failed = new Sample(MOST_FAILED);

  add(bar: Bar): void {
    (bar.ok ? this.#ok : this.#failed).add(bar);
  }

  data(): BarData {
    const bars = [...this.#ok.bars, ...this.#failed.bars];
    const end = bars.reduce((end, { start, ms }) => Math.max(end, start + ms), 0);
    // Hundredths of a millisecond are as exact as one can zoom in; only a run of weeks needs longer steps.
    const unit = Math.max(0.01, end / 2 ** 31);
    return {
      count: bars.length,
      again: bars.filter(({ again }) => again).length,
      oneIn: this.#ok.oneIn,
      failedOneIn: this.#failed.oneIn,
      unit,
      start: encode(Uint32Array.from(bars, ({ start }) => Math.max(0, Math.round(start / unit)))),
      duration: encode(Uint32Array.from(bars, ({ ms }) => Math.round(ms / unit))),
      index: encode(Uint32Array.from(bars, ({ index }) => index)),
      slot: encode(Uint16Array.from(bars, ({ slot }) => slot)),
      lane: encode(Uint16Array.from(bars, ({ lane }) => lane)),
      failed: encode(Uint8Array.from(bars, ({ ok, again }) => ok ? 0 : again ? TRIED_AGAIN : FAILED)),
    };
  }
}

/** Spreads numbers that come one after another. */
export function hashOf(index: number): number {
  const mixed = Math.imul(index ^ (index >>> 16), 0x45d9f3b);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

function encode({ buffer, byteOffset, byteLength }: Uint32Array | Uint16Array | Uint8Array): string {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString("base64");
}
