/**
 * Writes results as rows of CSV in the worker. Objects that it does not write are sent as JSON, and the caller lays them out or refuses
 * them. Measured for half a million rows of five columns (Deno 2.9): the caller takes a tenth of the CPU time that it takes for objects.
 */

import { getPrototypeOf, includes, isWellFormed, keysOf, matches, uncurried } from "./intrinsics.ts";

export interface RowForm {
  /** The keys of each object, in order. */
  columns: string[];
  /** The character between values. */
  separator: string;
}

/** The first character of an object's JSON. No row that is written here begins with it. */
export const OBJECT = "{";

const replaceAll = uncurried(
  String.prototype.replaceAll as (this: string, text: string, by: string) => string,
);
const { prototype } = Object;

/** A pattern for values that have to be quoted. A reader takes a lone carriage return for the end of a row. */
export function quotedPattern(separator: string): RegExp {
  return new RegExp(`["\\r\\n${separator.replace(/[\\\]^-]/, "\\$&")}]`);
}

export function inQuotes(value: string): string {
  return `"${replaceAll(value, '"', '""')}"`;
}

/**
 * Returns a function that writes a result as a row, without a newline. It returns undefined for a result that is not an object
 * of texts, numbers, booleans and nulls with exactly the columns as keys, or whose row would not be one line of UTF-8.
 */
export function rowWriter({ columns, separator }: RowForm): (result: unknown) => string | undefined {
  const quoted = quotedPattern(separator);
  const isAlone = columns.length === 1;

  return (result) => {
    if (typeof result !== "object" || result === null || getPrototypeOf(result) !== prototype) {
      return undefined;
    }
    if ("toJSON" in result) return undefined;
    const keys = keysOf(result);
    if (keys.length !== columns.length) return undefined;
    let row = "";
    for (let at = 0; at < keys.length; at++) {
      if (keys[at] !== columns[at]) return undefined;
      let cell = cellOf((result as Record<string, unknown>)[keys[at]]);
      if (cell === undefined) return undefined;
      if (matches(quoted, cell)) {
        if (includes(cell, "\n")) return undefined;
        cell = inQuotes(cell);
      } else if (isAlone && cell === "") cell = '""';
      row += at === 0 ? cell : separator + cell;
    }
    return row[0] !== OBJECT && isWellFormed(row) ? row : undefined;
  };
}

/** The text of a value as JSON would have it; undefined if it is another kind of value. */
function cellOf(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      // Not infinities and NaN.
      return value - value === 0 ? `${value}` : undefined;
    case "boolean":
      return value ? "true" : "false";
    default:
      return value === null ? "" : undefined;
  }
}
