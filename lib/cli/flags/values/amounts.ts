/** The kinds of values that are amounts: numbers, durations, sizes, rates and parts. */

import { parseRate, RATE_PATTERN, type RateFlag } from "./rate.ts";
import { UserError } from "../../user_error.ts";
import { type Kind, pattern, text } from "./kind.ts";

/** Maximum duration, in milliseconds, because timers have 31 bits. */
const LONGEST = 2 ** 31 - 1;

const MILLISECONDS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const BYTES: Record<string, number> = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

/** Parses `250ms`, `30s`, `1.5m`, `2h` to milliseconds; undefined for other text. */
export function parseDuration(value: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value);
  return match ? Math.round(Number(match[1]) * MILLISECONDS[match[2]]) : undefined;
}

/** Parses `512mb`, `1.5gb` to bytes; undefined for other text. */
export function parseSize(value: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(kb|mb|gb)$/i.exec(value);
  const bytes = Math.floor(Number(match?.[1]) * BYTES[match?.[2].toLowerCase() ?? ""]);
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined;
}

function parseCount(value: string, least = 1): number | undefined {
  const number = Number(value);
  return /^\d+$/.test(value) && number >= least && Number.isSafeInteger(number) ? number : undefined;
}

/** Parses `host=2`: at most two in flight per host. */
export function parseLimit(value: string): { field: string; most: number } | undefined {
  const match = /^(.+)=(\d+)$/.exec(value);
  const most = Number(match?.[2]);
  return match && most > 0 && Number.isSafeInteger(most) ? { field: match[1], most } : undefined;
}

export function count(least = 1) {
  return text(`a whole number of at least ${least}`, (value) => parseCount(value, least), {
    json: { type: ["integer", "string"], minimum: least, pattern: "^\\d+$" },
  });
}

export function whole() {
  return text("a whole number", (value) => {
    const number = Number(value);
    return /^-?\d+$/.test(value) && Number.isSafeInteger(number) ? number : undefined;
  }, { json: { type: ["integer", "string"], pattern: "^-?\\d+$" } });
}

export function countOr<const W extends string>(word: W) {
  return text(
    `a whole number of at least 1, or ${word}`,
    (value): number | W | undefined => value === word ? word : parseCount(value),
    { json: { type: ["integer", "string"], minimum: 1, pattern: `^(\\d+|${word})$` } },
  );
}

/** A duration of at least `least` milliseconds. */
export function duration(least: number) {
  const range = `${least > 0 ? "more than 0, " : ""}at most 596h`;
  return text(`a duration such as 250ms, 30s, 5m or 2h (${range})`, (value) => {
    const time = parseDuration(value);
    return time !== undefined && time >= least && time <= LONGEST ? time : undefined;
  }, { json: pattern("\\d+(\\.\\d+)?(ms|s|m|h)") });
}

/** `200ms..30s`, or one duration for both ends. */
export function durationRange() {
  return text("a range of durations such as 200ms..30s", (value) => {
    const [from, to = from, ...more] = value.split("..").map(parseDuration);
    if (from === undefined || to === undefined || more.length > 0) return undefined;
    return from <= to && to <= LONGEST ? { from, to } : undefined;
  }, { json: pattern("\\d+(\\.\\d+)?(ms|s|m|h)(\\.\\.\\d+(\\.\\d+)?(ms|s|m|h))?") });
}

export function size() {
  return text("a size such as 512mb or 2gb", parseSize, {
    json: pattern("\\d+(\\.\\d+)?([kK]|[mM]|[gG])[bB]"),
  });
}

export function rates(): Kind<RateFlag[]> {
  const check: Kind<RateFlag[]>["check"] = (value) => {
    const list = Array.isArray(value) ? value : [value];
    const rates = list.map((one) => typeof one === "string" ? parseRate(one) : undefined);
    if (list.length > 0 && !rates.includes(undefined)) return rates as RateFlag[];
    const wrong = list.length === 0 ? value : list[rates.indexOf(undefined)];
    throw new UserError(
      "expected a number of starts per interval such as 100/s, 10/m or 500/h, or a sum of a field such as " +
        `90000/m:tokens, got ${JSON.stringify(wrong)}`,
    );
  };
  const one = pattern(RATE_PATTERN);
  return { check, json: { anyOf: [one, { type: "array", minItems: 1, items: one }] } };
}

export function limit() {
  return text("a field and a number of tasks, such as host=2 or user.id=1", parseLimit, {
    json: pattern(".+=\\d+"),
  });
}

export function shard() {
  return text("a part of the inputs such as 3/10, from 1/10 to 10/10", (value) => {
    const match = /^(\d+)\/(\d+)$/.exec(value);
    const [part, of] = [Number(match?.[1]), Number(match?.[2])];
    return part >= 1 && part <= of && of <= 2 ** 32 ? { part, of } : undefined;
  }, { json: pattern("\\d+/\\d+") });
}

/** `10`, or `5%` of the inputs. */
export function part() {
  return text("a number of failures such as 1, or a part of the inputs such as 10%", (value) => {
    const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(value);
    const limit = Number(match?.[1]);
    const percent = match?.[2] === "%";
    const isValid = limit > 0 && (percent ? limit <= 100 : Number.isSafeInteger(limit));
    return isValid ? { limit, percent } : undefined;
  }, { json: { type: ["integer", "string"], minimum: 1, pattern: "^\\d+(\\.\\d+)?%?$" } });
}
