/// <reference lib="dom" />
/** Decodes the bars of a report. */

import type { BarData } from "../../lib/cli/report/recording/bars.ts";

/** The bars as columns of numbers. Times are milliseconds. */
export interface BarColumns {
  count: number;
  start: Float64Array;
  ms: Float64Array;
  index: Uint32Array;
  position: Uint16Array;
  lane: Uint16Array;
  failed: Uint8Array;
  /** The number of the error's kind; 0 without. */
  kind: Uint8Array;
}

/** Decodes the columns of bars from Base64. */
export function decodeBars(
  { count, unit, start, duration, index, position, lane, failed, kind }: BarData,
): BarColumns {
  const times = (text: string) => Float64Array.from(new Uint32Array(bytesOf(text)), (time) => time * unit);
  return {
    count,
    start: times(start),
    ms: times(duration),
    index: new Uint32Array(bytesOf(index)),
    position: new Uint16Array(bytesOf(position)),
    lane: new Uint16Array(bytesOf(lane)),
    failed: new Uint8Array(bytesOf(failed)),
    kind: new Uint8Array(bytesOf(kind)),
  };
}

function bytesOf(text: string): ArrayBuffer {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
}
