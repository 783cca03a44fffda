/** Checks that data from a worker has the form that `error_data.ts` gives to errors. */

import type { ErrorData } from "./error_data.ts";

/** Maximum depth of nested errors that is accepted. `error_data.ts` follows at most 100 errors. */
const DEEPEST = 150;

/** Whether the value is valid error data, including all nested errors. */
export function isErrorData(value: unknown, depth = 0): value is ErrorData {
  if (typeof value !== "object" || value === null || depth > DEEPEST) return false;
  const data = value as Record<string, unknown>;
  if (data.kind === "again") return typeof data.number === "number";
  const { nested, errors } = data;
  if (nested !== undefined && !isListOf(nested, (place) => isNested(place, depth + 1))) return false;
  if (data.kind === "value") return true;
  return data.kind === "error" &&
    typeof data.class === "string" && typeof data.name === "string" && typeof data.message === "string" &&
    (data.stack === undefined || typeof data.stack === "string") &&
    (data.number === undefined || typeof data.number === "number") &&
    (data.cause === undefined || isErrorData(data.cause, depth + 1)) &&
    (errors === undefined || isListOf(errors, (inner) => isErrorData(inner, depth + 1))) &&
    (data.properties === undefined || (typeof data.properties === "object" && data.properties !== null));
}

/** Whether the value is a valid pair of a path and the error among the properties. */
function isNested(value: unknown, depth: number): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const isKey = (key: unknown) => typeof key === "string" || typeof key === "number";
  return isListOf(value[0], isKey) && value[0].length > 0 && isErrorData(value[1], depth);
}

/** Whether the value is an array in which each element passes `isElement`. By index, because an array may consist of holes. */
export function isListOf(value: unknown, isElement: (element: unknown) => boolean): boolean {
  if (!Array.isArray(value)) return false;
  for (let at = 0; at < value.length; at++) if (!isElement(value[at])) return false;
  return true;
}
