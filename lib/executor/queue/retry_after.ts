/**
 * Reads from an error when to try again: HTTP's `Retry-After`, in each form in which clients pass it on.
 *
 * @module
 */

/** What an error says of its next attempt. */
export interface RetryAfter {
  /** Milliseconds from now; nothing if the error does not say, or says it in no form that is known. */
  delay?: number;
  /** What it says in no form that is known. */
  unknown?: unknown;
}

/** The parts of an error that are looked at. */
interface Told {
  retryAfter?: unknown;
  headers?: unknown;
  response?: { headers?: unknown } | null;
  cause?: unknown;
}

/** Reads `retryAfter` of an error or of its cause, else the `Retry-After` among the headers of either. */
export function retryAfter(error: unknown): RetryAfter {
  const told = find(error) ?? find((error as Told | null | undefined)?.cause);
  if (told === undefined) return {};
  const delay = toDelay(told);
  return delay === undefined ? { unknown: told } : { delay };
}

function find(error: unknown): unknown {
  // What is thrown may be a text or null.
  if (typeof error !== "object" || error === null) return undefined;
  const { retryAfter, headers, response } = error as Told;
  // A header that is not there is null.
  return retryAfter ?? header(headers) ?? header(response?.headers) ?? undefined;
}

/** Of a Map, or of an object, with names in any case: `Headers` arrive from a worker as one. */
function header(headers: unknown): unknown {
  if (typeof headers !== "object" || headers === null) return undefined;
  const entries = headers instanceof Map ? [...headers] : Object.entries(headers);
  return entries.find(([name]) => String(name).toLowerCase() === "retry-after")?.[1];
}

/** Seconds, also as text, or a date: as milliseconds from now. */
function toDelay(told: unknown): number | undefined {
  if (typeof told === "number") return told >= 0 ? told * 1000 : undefined;
  if (told instanceof Date) return untilDate(told.getTime());
  if (typeof told !== "string") return undefined;
  const text = told.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  // Every form of an HTTP date begins with the day's name. `Date` would also take "soon 3" for one.
  return /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(text) || ISO_DATE.test(text)
    ? untilDate(Date.parse(text))
    : undefined;
}

/** As `JSON.stringify(date)` writes it. */
const ISO_DATE = /^\d{4}-\d\d-\d\dT/;

function untilDate(time: number): number | undefined {
  return Number.isNaN(time) ? undefined : Math.max(0, time - Date.now());
}
