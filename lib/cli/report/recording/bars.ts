/**
 * The attempts that a report draws as bars: all of them, or a sample of one in 2, 4, 8, … if there are too many. Failed
 * attempts, which are usually few, are sampled separately. A hash of the input's index selects the sample. So inputs at
 * regular distances are neither all selected nor all missing.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { FAILED, TRIED_AGAIN } from "./bar_marks.ts";

/** Maximum numbers of successful and failed bars: a page of about a megabyte, which a browser draws without delay. */
const MAX_OK = 32_768;
const MAX_FAILED = 8_192;

/** An attempt at a task. */
export interface Bar {
  /** The input's index. */
  index: number;
  /** The number of its worker's position in the pool. */
  position: number;
  lane: number;
  /** Milliseconds since the run began. */
  start: number;
  ms: number;
  ok: boolean;
  /** Whether it failed and another attempt followed. */
  again?: boolean;
}

/** Bars in the page's data: columns of numbers, least significant byte first, in Base64. */
export interface BarData {
  count: number;
  /** Number of attempts that another one followed. */
  again: number;
  /** The sample has one success in `oneIn`, and one failed attempt in `failedOneIn`. */
  oneIn: number;
  failedOneIn: number;
  /** Unit of times, in milliseconds. */
  unit: number;
  start: string;
  duration: string;
  index: string;
  position: string;
  lane: string;
  failed: string;
}

/** A sample of bars, at most `max` of them. */
class Sample {
  readonly #max: number;
  bars: Bar[] = [];
  #mask = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get oneIn(): number {
    return this.#mask + 1;
  }

  add(bar: Bar): void {
    if ((hashOf(bar.index) & this.#mask) !== 0) return;
    this.bars.push(bar);
    while (this.bars.length > this.#max) {
      this.#mask = this.#mask * 2 + 1;
      this.bars = this.bars.filter(({ index }) => (hashOf(index) & this.#mask) === 0);
    }
  }
}

/** The bars of a run. */
export class Bars {
  readonly #ok = new Sample(MAX_OK);
  readonly #failed = new Sample(MAX_FAILED);

  add(bar: Bar): void {
    (bar.ok ? this.#ok : this.#failed).add(bar);
  }

  data(): BarData {
    const bars = [...this.#ok.bars, ...this.#failed.bars];
    const end = bars.reduce((end, { start, ms }) => Math.max(end, start + ms), 0);
    // Hundredths of a millisecond are exact enough for the largest zoom. Only a run of months needs a longer unit.
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
      position: encode(Uint16Array.from(bars, ({ position }) => position)),
      lane: encode(Uint16Array.from(bars, ({ lane }) => lane)),
      failed: encode(Uint8Array.from(bars, ({ ok, again }) => ok ? 0 : again ? TRIED_AGAIN : FAILED)),
    };
  }
}

/** A hash that spreads consecutive numbers. */
export function hashOf(index: number): number {
  const mixed = Math.imul(index ^ (index >>> 16), 0x45d9f3b);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

function encode({ buffer, byteOffset, byteLength }: Uint32Array | Uint16Array | Uint8Array): string {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString("base64");
}
