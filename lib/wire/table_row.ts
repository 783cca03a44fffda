/**
 * Rows of CSV as they stand in their file, which are sent to workers as inputs. A worker makes an object of a row without JSON in
 * between, because `JSON.parse` looks up each short text in a table of all texts. Measured for half a million rows of four columns
 * (Node 24): 100 ms of CPU time instead of 340.
 *
 * - A row is one line of UTF-8, perhaps with `\r` at its end. Each quote that opens a value is closed. The caller has checked this.
 * - A record (`"record"` in `encoding.ts`) may take the place of a row. It begins with {@link RECORD}, unless it is a refusal.
 */

import type { RowForm } from "./csv_row.ts";
import { setOwn, uncurried } from "./intrinsics.ts";
import { isRefusal, refusalLine } from "./refusal.ts";

/** The first character of a record that takes the place of a row. No row that is sent begins with it. */
export const RECORD = "\x16";

const QUOTE = '"';

// Saved, because a worker reads rows, and a task may replace these functions.
const indexOf = uncurried(String.prototype.indexOf);
const slice = uncurried(String.prototype.slice);
const replaceAll = uncurried(
  String.prototype.replaceAll as (this: string, text: string, by: string) => string,
);

/** Returns a function that makes an object of a row. It returns undefined for a record, and for a row with more or fewer values. */
export function rowReader({ columns, separator }: RowForm): (row: string) => object | undefined {
  const last = columns.length - 1;
  // Its copies have all columns as their own, so that no assignment calls a setter that a task has given to all objects.
  const template: Record<string, string> = {};
  for (let nth = 0; nth <= last; nth++) setOwn(template, columns[nth], "");

  return (row) => {
    if (row[0] === RECORD || isRefusal(row)) return undefined;
    const text = withoutReturn(row);
    const object = { ...template };
    for (let nth = 0, at = 0; nth <= last; nth++, at = end + 1) {
      object[columns[nth]] = valueAt(text, at, separator);
      if (end === text.length) return nth === last ? object : undefined;
    }
    return undefined;
  };
}

/** Returns the record that takes the place of a row, without its mark; a refusal if the row does not fit the columns. */
export function recordOfRow(row: string, { columns, separator }: RowForm): string {
  if (isRefusal(row)) return row;
  return row[0] === RECORD ? slice(row, 1) : recordOf(valuesOf(row, separator), columns);
}

/** Returns a row's values as the JSON text of an object; a refusal if they do not fit the columns. */
export function recordOf(values: string[], columns: string[]): string {
  if (values.length !== columns.length) {
    return refusalLine({ message: misfitOf(values.length, columns.length), found: values });
  }
  const pairs = values.map((value, at) => `${JSON.stringify(columns[at])}:${JSON.stringify(value)}`);
  return `{${pairs.join(",")}}`;
}

/** Says that a row has more or fewer values than there are columns. */
export function misfitOf(values: number, columns: number): string {
  const count = String(values).replace(/\B(?=(\d{3})+$)/g, ",");
  return `The row has ${count} ${values === 1 ? "value" : "values"}, the header ${columns}`;
}

export function valuesOf(row: string, separator: string): string[] {
  const text = withoutReturn(row);
  const values: string[] = [];
  for (let at = 0; at <= text.length; at = end + 1) values[values.length] = valueAt(text, at, separator);
  return values;
}

function withoutReturn(row: string): string {
  const last = row.length - 1;
  return row[last] === "\r" ? slice(row, 0, last) : row;
}

/** Where the value ends that was read last. Not returned with the value, because that would take an object for each. */
let end = 0;

/** Returns the value that begins at `at`, by the rules in `csv_rows.ts`. */
function valueAt(row: string, at: number, separator: string): string {
  if (row[at] !== QUOTE) {
    end = endFrom(row, at, separator);
    return slice(row, at, end);
  }
  let close = indexOf(row, QUOTE, at + 1);
  let isDoubled = false;
  while (close !== -1 && row[close + 1] === QUOTE) {
    isDoubled = true;
    close = indexOf(row, QUOTE, close + 2);
  }
  if (close === -1) close = row.length;
  end = endFrom(row, close, separator);
  const quoted = slice(row, at + 1, close);
  const value = isDoubled ? replaceAll(quoted, '""', QUOTE) : quoted;
  return end <= close + 1 ? value : value + slice(row, close + 1, end);
}

/** Returns where the value that goes on at `at` ends. */
function endFrom(row: string, at: number, separator: string): number {
  const found = indexOf(row, separator, at);
  return found === -1 ? row.length : found;
}
