/**
 * The message of an error's cause, if the error's own message does not contain it: `fetch failed` names no reason.
 *
 * @module
 */

import { thrownText } from "../../wire/thrown_text.ts";

/** Causes of causes beyond this many are not looked at: they may go in circles. */
export const MOST_CAUSES = 8;

/** The first thing that the causes say, or the errors of an `AggregateError`, and the message does not. */
export function causeText(error: Error): string | undefined {
  let said = error.message;
  let at: unknown = error;
  for (let depth = 0; depth < MOST_CAUSES && at instanceof Error; depth++) {
    const inner: unknown = at instanceof AggregateError ? at.errors[0] : at.cause;
    if (inner === undefined) return undefined;
    const text = inner instanceof Error ? inner.message : thrownText(inner);
    if (text !== "" && !said.includes(text)) return text;
    said ||= text;
    at = inner;
  }
  return undefined;
}
