/**
 * Represents an input that its reader could not parse as a line. So it is counted, ordered, kept and reported like any
 * other input. The worker that gets the line fails the input with the reader's reason.
 */

/** The first character of such a line. No JSON text begins with it. */
const MARK = "\x15";

/** Why an input could not be parsed, and its text. */
interface Refusal {
  message: string;
  /** The input as it was found, as a JSON value. */
  found: unknown;
}

export function refusalLine({ message, found }: Refusal): string {
  return MARK + JSON.stringify([message, found]);
}

export function isRefusal(text: string): boolean {
  return text[0] === MARK;
}

/** Returns the refusal in a line; undefined if the line is an ordinary input. */
export function readRefusal(text: string): Refusal | undefined {
  if (!isRefusal(text)) return undefined;
  try {
    const [message, found] = JSON.parse(text.slice(MARK.length));
    return typeof message === "string" ? { message, found } : undefined;
  } catch {
    return undefined;
  }
}
