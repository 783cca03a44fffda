/**
 * The value of `--rate`: `100/s`, or `90000/m:tokens` for the sum of a field.
 *
 * @module
 */

/** One rate. */
export interface RateFlag {
  /** As it was written. */
  text: string;
  /** Maximum number of tasks, or maximum sum of the field. */
  amount: number;
  perMs: number;
  /** The field of the inputs that is counted; undefined if each task counts 1. */
  field?: string;
}

/** Maximum time between two starts, in milliseconds, because timers have 31 bits. */
const LONGEST = 2 ** 31 - 1;

const MILLISECONDS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** The form of a rate, as a regular expression. */
export const RATE_PATTERN = "\\d+(\\.\\d+)?/(s|m|h)(:.+)?";

/** Parses a rate; undefined for other text. */
export function parseRate(text: string): RateFlag | undefined {
  const match = /^(\d+(?:\.\d+)?)\/(s|m|h)(?::(.+))?$/s.exec(text);
  if (!match) return undefined;
  const [amount, perMs, field] = [Number(match[1]), MILLISECONDS[match[2]], match[3]];
  const interval = perMs / amount;
  if (field !== undefined) {
    return amount > 0 && amount < Infinity ? { text, amount, perMs, field } : undefined;
  }
  return interval > 0 && interval <= LONGEST ? { text, amount, perMs } : undefined;
}
