/**
 * An input that its reader could not make out, as a line among the others: so it is counted, ordered, kept and reported
 * as the failed input that it is. The worker that gets it says why.
 *
 * @module
 */

/** Begins no JSON. */
const MARK = "\x15";

/** Why there is no input, and what was found in its place. */
export interface Refusal {
  message: string;
  /** Anything that JSON can hold. */
  found: unknown;
}

/** One line of text. */
export function refusalLine({ message, found }: Refusal): string {
  return MARK + JSON.stringify([message, found]);
}

/** What {@link refusalLine} wrote; nothing for other text. */
export function readRefusal(text: string): Refusal | undefined {
  if (!text.startsWith(MARK)) return undefined;
  try {
    const [message, found] = JSON.parse(text.slice(MARK.length));
    return typeof message === "string" ? { message, found } : undefined;
  } catch {
    return undefined;
  }
}
