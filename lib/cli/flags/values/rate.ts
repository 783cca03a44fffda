/** The value of `--rate`: `100/s`, or `90000/m:tokens` for the sum of a field. If it ends in `,auto`, the amount is the most. */

export interface RateFlag {
  text: string;
  /** Maximum number of tasks, or maximum sum of the field. */
  amount: number;
  perMs: number;
  /** The field of the inputs that is counted; undefined if each task counts 1. */
  field?: string;
  /** Whether the amount is found, up to this one. */
  auto?: true;
}

/** Maximum time between two starts, in milliseconds, because timers have 31 bits. */
const LONGEST = 2 ** 31 - 1;

const MILLISECONDS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000 };

const AUTO = ",auto";

export const RATE_PATTERN = "\\d+(\\.\\d+)?/(s|m|h)(:.+)?(,auto)?";

/** Parses a rate; undefined for other text. */
export function parseRate(text: string): RateFlag | undefined {
  const auto = text.endsWith(AUTO);
  const match = /^(\d+(?:\.\d+)?)\/(s|m|h)(?::(.+))?$/s.exec(auto ? text.slice(0, -AUTO.length) : text);
  if (!match) return undefined;
  const [amount, perMs, field] = [Number(match[1]), MILLISECONDS[match[2]], match[3]];
  const interval = perMs / amount;
  const isSound = field === undefined ? interval > 0 && interval <= LONGEST : amount > 0 && amount < Infinity;
  if (!isSound) return undefined;
  return { text, amount, perMs, ...(field !== undefined && { field }), ...(auto && { auto }) };
}

/** Writes the amount that was found for a rate, with three digits: `52.5/s`, `41200/m:tokens`. */
export function foundText({ text }: RateFlag, amount: number): string {
  const unit = text.slice(text.indexOf("/")).slice(0, -AUTO.length);
  return `${Number(amount.toPrecision(3))}${unit}`;
}

/** What a rate counts, and in which time: `m`, `m:tokens`. */
export function unitOf({ perMs, field }: RateFlag): string {
  const time = Object.keys(MILLISECONDS).find((name) => MILLISECONDS[name] === perMs)!;
  return field === undefined ? time : `${time}:${field}`;
}
