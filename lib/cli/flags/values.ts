/**
 * The values of the flags that steer a run, as they are written. `undefined` stands for what is none.
 *
 * @module
 */

/** What a rate is per, in milliseconds. */
const PER: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** Timers count in 31 bits of milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** What {@link parseRate} expects. */
export const RATE = "starts per time such as 100/s, 10/m or 500/h";

/** `100/s`, `10/m`, `0.5/h` → so many tasks in so many milliseconds. */
export function parseRate(value: string): { tasks: number; perMs: number } | undefined {
  const match = /^(\d+(?:\.\d+)?)\/(s|m|h)$/.exec(value);
  if (!match) return undefined;
  const rate = { tasks: Number(match[1]), perMs: PER[match[2]] };
  const interval = rate.perMs / rate.tasks;
  return interval > 0 && interval <= LONGEST ? rate : undefined;
}

/** What {@link parseLimit} expects. */
export const LIMIT = "a field and how many at once, such as host=2 or user.id=1";

/** `host=2` → at most two in flight for each host. */
export function parseLimit(value: string): { field: string; most: number } | undefined {
  const match = /^(.+)=(\d+)$/.exec(value);
  const most = Number(match?.[2]);
  return match && most > 0 && Number.isSafeInteger(most) ? { field: match[1], most } : undefined;
}

/** What {@link parseConcurrency} expects. */
export const CONCURRENCY = "a whole number of at least 1, or auto";

/** `16`, `auto`. */
export function parseConcurrency(value: string): number | "auto" | undefined {
  if (value === "auto") return value;
  const number = Number(value);
  return /^\d+$/.test(value) && number >= 1 && Number.isSafeInteger(number) ? number : undefined;
}

const BYTES: Record<string, number> = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

/** What {@link parseSize} expects. */
export const SIZE = "a size such as 512mb or 2gb";

/** `512mb`, `1.5gb` → bytes. */
export function parseSize(value: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(kb|mb|gb)$/i.exec(value);
  const bytes = Math.floor(Number(match?.[1]) * BYTES[match?.[2].toLowerCase() ?? ""]);
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined;
}
