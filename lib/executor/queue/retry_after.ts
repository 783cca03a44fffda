/**
 * Reads from an error when to try again: HTTP's `Retry-After`, in the forms in which HTTP clients pass it on.
 *
 * @module
 */

/** The next attempt according to an error. */
export interface RetryAfter {
  /** Delay in milliseconds; undefined if the error has none, or in an unknown form. */
  delay?: number;
  /** The value in an unknown form. */
  unknown?: unknown;
}

/** The properties of an error that may hold it. */
interface Told {
  retryAfter?: unknown;
  headers?: unknown;
  response?: { headers?: unknown } | null;
  cause?: unknown;
}

/** Reads `retryAfter`, or `Retry-After` from the headers, of an error or its cause. */
export function retryAfter(error: unknown): RetryAfter {
  const told = find(error) ?? find((error as Told | null | undefined)?.cause);
  if (told === undefined) return {};
  const delay = toDelay(told);
  return delay === undefined ? { unknown: told } : { delay };
}

function find(error: unknown): unknown {
  // A task may throw a string or null.
  if (typeof error !== "object" || error === null) return undefined;
  const { retryAfter, headers, response } = error as Told;
  // A missing header is null.
  return retryAfter ?? header(headers) ?? header(response?.headers) ?? undefined;
}

/** The header's value in a `Map` or an object, with names in any case. `Headers` arrive from a worker as a `Map`. */
function header(headers: unknown): unknown {
  if (typeof headers !== "object" || headers === null) return undefined;
  const entries = headers instanceof Map ? [...headers] : Object.entries(headers);
  // The keys of a `Map` may be anything.
  return entries.find(([name]) => typeof name === "string" && name.toLowerCase() === "retry-after")?.[1];
}

/** The delay in milliseconds, from seconds (also as text) or a date; undefined for anything else. */
function toDelay(told: unknown): number | undefined {
  if (typeof told === "number") return told >= 0 ? told * 1000 : undefined;
  if (told instanceof Date) return untilDate(told.getTime());
  if (typeof told !== "string") return undefined;
  const text = told.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  // Each form of an HTTP date begins with the name of the day. `Date` would also accept "soon 3".
  return /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(text) || ISO_DATE.test(text)
    ? untilDate(Date.parse(text))
    : undefined;
}

/** A date as `JSON.stringify()` writes it. */
const ISO_DATE = /^\d{4}-\d\d-\d\dT/;

function untilDate(time: number): number | undefined {
  return Number.isNaN(time) ? undefined : Math.max(0, time - Date.now());
}
