/**
 * Checks that a worker sent error data as `error_data.ts` makes it.
 *
 * @module
 */

import type { ErrorData } from "./error_data.ts";

/** Levels of errors within errors that are looked at, at most. `error_data.ts` follows at most 100 errors. */
const DEEPEST = 150;

/** Whether the value is error data, with all that is in it. */
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

/** Whether it is an error among properties, with the path to it. */
function isNested(value: unknown, depth: number): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const isKey = (key: unknown) => typeof key === "string" || typeof key === "number";
  return Array.isArray(value[0]) && value[0].length > 0 && isListOf(value[0], isKey) &&
    isErrorData(value[1], depth);
}

/** Whether it is undefined, or a list of such elements. Reads by number, because a list may be all holes. */
function isListOf(value: unknown, isElement: (element: unknown) => boolean): boolean {
  if (value === undefined) return true;
  if (!Array.isArray(value)) return false;
  for (let at = 0; at < value.length; at++) if (!isElement(value[at])) return false;
  return true;
}
