/** Reads from an error when to try again: HTTP's `Retry-After`, in the forms in which HTTP clients pass it on. */

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
  response?: { headers?: unknown; status?: unknown } | null;
  status?: unknown;
  statusCode?: unknown;
  cause?: unknown;
  errors?: unknown;
}

/** Maximum number of errors that are read: an error, its causes, and the errors of an `AggregateError`. They may form a circle. */
const MOST_ERRORS = 16;

/**
 * Reads `retryAfter`, or `Retry-After` from the headers, of an error, or else of the nearest of its causes and inner errors. The
 * first value in a known form counts: a client may make NaN of a date, and keep the header.
 */
export function retryAfter(error: unknown): RetryAfter {
  let unknown: unknown;
  for (const inner of errorsOf(error)) {
    for (const told of valuesOf(inner)) {
      const delay = toDelay(told);
      if (delay !== undefined) return { delay };
      unknown ??= told;
    }
  }
  return unknown === undefined ? {} : { unknown };
}

/** Whether HTTP's status 429 (Too Many Requests) stands in an error, or in one of its causes or inner errors. */
export function isTooManyRequests(error: unknown): boolean {
  return errorsOf(error).some(({ status, statusCode, response }) =>
    [status, statusCode, response?.status].includes(429)
  );
}

/** An error, its causes and inner errors, the nearest first. */
function errorsOf(error: unknown): Told[] {
  const all = [error];
  const errors: Told[] = [];
  for (let at = 0; at < Math.min(all.length, MOST_ERRORS); at++) {
    const one = all[at];
    // A task may throw a string or null.
    if (typeof one !== "object" || one === null) continue;
    const { cause, errors: inner } = one as Told;
    errors.push(one);
    all.push(cause, ...(Array.isArray(inner) ? inner.slice(0, MOST_ERRORS) : []));
  }
  return errors;
}

/** The values that an error has. A missing header is null. */
function valuesOf({ retryAfter, headers, response }: Told): unknown[] {
  return [retryAfter, header(headers), header(response?.headers)].filter((value) => value != null);
}

/**
 * The header's value in a `Map`, an object or a list of pairs, with names in any case. `Headers` arrive from a worker as a `Map`. Where
 * a header has a list of values, the first one counts.
 */
function header(headers: unknown): unknown {
  if (typeof headers !== "object" || headers === null) return undefined;
  const entries: unknown[] = headers instanceof Map
    ? [...headers]
    : Array.isArray(headers)
    ? headers
    : Object.entries(headers);
  // The keys of a `Map` may be anything.
  const found = entries.find((entry): entry is [string, unknown] =>
    Array.isArray(entry) && typeof entry[0] === "string" && entry[0].toLowerCase() === "retry-after"
  );
  return Array.isArray(found?.[1]) ? found[1][0] : found?.[1];
}

/** A number of seconds as text. `Number` would also accept "" and "0x10". */
const SECONDS = /^\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Each form of an HTTP date begins with the name of the day. `Date` would also accept "soon 3". */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /i;

/** A date as `JSON.stringify()` writes it. */
const ISO_DATE = /^\d{4}-\d\d-\d\dT/;

/** The zone of a date. HTTP's oldest form has none (`Thu Jan  1 00:00:10 2026`): it means GMT, and `Date` would take the local one. */
const ZONE = /(GMT|UTC?|[+-]\d\d:?\d\d)$/i;

/** The delay in milliseconds, from seconds (also as text) or a date; undefined for anything else. */
function toDelay(told: unknown): number | undefined {
  if (typeof told === "number" || typeof told === "bigint") {
    return told >= 0 ? Number(told) * 1000 : undefined;
  }
  if (told instanceof Date) return untilDate(told.getTime());
  if (typeof told !== "string") return undefined;
  const text = told.trim();
  if (SECONDS.test(text)) return Number(text) * 1000;
  if (ISO_DATE.test(text)) return untilDate(Date.parse(text));
  if (!HTTP_DATE.test(text)) return undefined;
  return untilDate(Date.parse(ZONE.test(text) ? text : `${text} GMT`));
}

function untilDate(time: number): number | undefined {
  return Number.isNaN(time) ? undefined : Math.max(0, time - Date.now());
}
