/** Finds the reason of an error in its causes, if its own message has none: `fetch failed`. */

import { thrownText } from "../../wire/thrown_text.ts";

/** Maximum number of nested causes to visit. They may form a circle. */
export const MOST_CAUSES = 8;

/** Returns the first message of a cause, or of an error in an `AggregateError`, that the error's own message does not contain. */
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
