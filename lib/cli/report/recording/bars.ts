/**
 * The attempts that a report draws as bars: all of them, or a sample if there are too many. Failed attempts, which are usually few, are
 * sampled separately.
 */

import { Buffer } from "node:buffer";
import { FAILED, TRIED_AGAIN } from "./bar_marks.ts";
import { OutcomeSample } from "./sample.ts";

/** Maximum numbers of successful and failed bars: a page of about a megabyte, which a browser draws without delay. */
const MAX_OK = 32_768;
const MAX_FAILED = 8_192;

export interface Bar {
  index: number;
  position: number;
  lane: number;
  start: number;
  ms: number;
  ok: boolean;
  again?: boolean;
  kind?: object;
}

/** Bars in the page's data: columns of numbers, least significant byte first, in Base64. */
export interface BarData {
  count: number;
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
  /** The number of the error's kind, from 1; 0 without an error, or if its kind is not kept. */
  kind: string;
}

export class Bars {
  readonly #sample = new OutcomeSample<Bar>(MAX_OK, MAX_FAILED);

  add(bar: Bar): void {
    this.#sample.add(bar.index, bar.ok, () => bar);
  }

  /** The bars: those of the sample, and `pinned` ones. */
  all(pinned: Bar[] = []): Bar[] {
    return this.#sample.all(pinned);
  }

  /** The data of `bars`. `kindOf` returns the number of an error's kind. */
  data(bars: Bar[] = this.all(), kindOf: (kind: object) => number = () => 0): BarData {
    const end = bars.reduce((end, { start, ms }) => Math.max(end, start + ms), 0);
    // Hundredths of a millisecond are exact enough for the largest zoom. Only a run of months needs a longer unit.
    const unit = Math.max(0.01, end / 2 ** 31);
    return {
      count: bars.length,
      again: bars.filter(({ again }) => again).length,
      ...this.#sample.parts,
      unit,
      start: encode(Uint32Array.from(bars, ({ start }) => Math.max(0, Math.round(start / unit)))),
      duration: encode(Uint32Array.from(bars, ({ ms }) => Math.round(ms / unit))),
      index: encode(Uint32Array.from(bars, ({ index }) => index)),
      position: encode(Uint16Array.from(bars, ({ position }) => position)),
      lane: encode(Uint16Array.from(bars, ({ lane }) => lane)),
      failed: encode(Uint8Array.from(bars, ({ ok, again }) => ok ? 0 : again ? TRIED_AGAIN : FAILED)),
      kind: encode(Uint8Array.from(bars, ({ kind }) => kind ? kindOf(kind) : 0)),
    };
  }
}

function encode({ buffer, byteOffset, byteLength }: Uint32Array | Uint16Array | Uint8Array): string {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString("base64");
}
