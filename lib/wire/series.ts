/**
 * Splits a series ({@link MANY}: tasks with consecutive ids that share a record) into records of single tasks. Needed
 * when one of its tasks must be checked alone.
 */

import { isArray } from "./intrinsics.ts";
import { Lines, unpack } from "./lines.ts";
import { ONE } from "./message.ts";

/** Returns the records of a series' tasks, in one array. */
export function takeApart(series: readonly unknown[]): unknown[] {
  const id = series[1] as number;
  const number = series[2];
  const numbers = isArray(number) ? number : undefined;
  const values = series[3] instanceof Lines ? series[3] : unpack(series[3]);
  const list = values instanceof Lines ? values.toArray() : values;
  const records: unknown[] = [];
  for (let at = 0; at < list.length; at++) {
    records[records.length] = ONE;
    records[records.length] = id + at;
    records[records.length] = numbers ? numbers[at] : number;
    records[records.length] = list[at];
  }
  return records;
}
