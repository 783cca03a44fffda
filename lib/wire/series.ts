/**
 * Splits a series ({@link MANY}: tasks with consecutive ids that share a record) into records of single tasks. Needed
 * when one of its tasks must be checked alone.
 */

import { Lines, unpack } from "./lines.ts";
import { ONE } from "./message.ts";
import { listOf, type Numbers } from "./series_numbers.ts";

/** Returns the records of a series' tasks, in one array. */
export function takeApart(series: readonly unknown[]): unknown[] {
  const id = series[1] as number;
  const values = series[3] instanceof Lines ? series[3] : unpack(series[3]);
  const list = values instanceof Lines ? values.toArray() : values;
  const numbers = listOf(series[2] as Numbers, list.length);
  const records: unknown[] = [];
  for (let at = 0; at < list.length; at++) {
    records[records.length] = ONE;
    records[records.length] = id + at;
    records[records.length] = numbers[at];
    records[records.length] = list[at];
  }
  return records;
}
