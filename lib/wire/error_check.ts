/**
 * Checks that what a worker sent as an error is the data that `error_data.ts` makes of one.
 *
 * @module
 */

import type { ErrorData } from "./error_data.ts";

/** Errors within errors are looked at so deep. Those of `error_data.ts` are no deeper than it follows errors. */
const DEEPEST = 150;

/** Whether the value is an error as it crosses, with all that is in it. */
export function isErrorData(value: unknown, depth = 0): value is ErrorData {
  if (typeof value !== "object" || value === null || depth > DEEPEST) return false;
  const data = value as Record<string, unknown>;
  if (data.kind === "again") return typeof data.number === "number";
  if (!isListOf(data.nested, (place) => isNested(place, depth + 1))) return false;
  if (data.kind === "value") return true;
  return data.kind === "error" &&
    typeof data.class === "string" && typeof data.name === "string" && typeof data.message === "string" &&
    (data.stack === undefined || typeof data.stack === "string") &&
    (data.number === undefined || typeof data.number === "number") &&
    (data.cause === undefined || isErrorData(data.cause, depth + 1)) &&
    isListOf(data.errors, (inner) => isErrorData(inner, depth + 1)) &&
    (data.properties === undefined || (typeof data.properties === "object" && data.properties !== null));
}

/** An error among the properties, and the way to it. */
function isNested(value: unknown, depth: number): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const isKey = (key: unknown) => typeof key === "string" || typeof key === "number";
  return Array.isArray(value[0]) && value[0].length > 0 && isListOf(value[0], isKey) &&
    isErrorData(value[1], depth);
}

/** Whether it is nothing, or a list of such elements. Reads by number, because a list may be all holes. */
function isListOf(value: unknown, isElement: (element: unknown) => boolean): boolean {
  if (value === undefined) return true;
  if (!Array.isArray(value)) return false;
  for (let at = 0; at < value.length; at++) if (!isElement(value[at])) return false;
  return true;
}
