/**
 * An input that its reader could not parse, as a line among the others. So it is counted, ordered, kept and reported like
 * any other input. The worker that gets it fails it with the reader's reason.
 *
 * @module
 */

/** No JSON text begins with this character. */
const MARK = "\x15";

/** Why an input could not be parsed, and what was found in its place. */
export interface Refusal {
  message: string;
  /** What was found, as a JSON value. */
  found: unknown;
}

/** The line that stands for the input. */
export function refusalLine({ message, found }: Refusal): string {
  return MARK + JSON.stringify([message, found]);
}

/** The refusal that a line stands for; undefined for other text. */
export function readRefusal(text: string): Refusal | undefined {
  if (!text.startsWith(MARK)) return undefined;
  try {
    const [message, found] = JSON.parse(text.slice(MARK.length));
    return typeof message === "string" ? { message, found } : undefined;
  } catch {
    return undefined;
  }
}
