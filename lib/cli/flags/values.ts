/**
 * The kinds of values that flags take: their form, their meaning, and their JSON schema. A value is text, as on the
 * command line. A config may also contain numbers.
 *
 * @module
 */

import { faultOf, URL_RULE } from "../../distributed/broker/broker_url.ts";
import { isName, NAME_RULE } from "../../distributed/broker/names.ts";
import { EVERYTHING } from "../task/permissions.ts";
import { parseRate, RATE_PATTERN, type RateFlag } from "./rate.ts";

/** The properties of a kind of value, besides its check. */
interface ValueFacts {
  /** Its part of a config's JSON schema. */
  json: Record<string, unknown>;
  /** The allowed words, if it takes words. */
  words?: string[];
  /** Whether it is a path, or a list of paths. */
  isPath?: boolean;
}

/** A kind of value. Not a schema of zod, which every command would then load: 10 ms of CPU time. */
export interface Kind<T = unknown> extends ValueFacts {
  /** Returns the value, or what is wrong with it. */
  check(value: unknown): { value: T } | { fault: string };
}

/** The values of a kind. */
export type ValueOf<K extends Kind> = K extends Kind<infer T> ? T : never;

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

/** Parses a whole number of at least `least`; undefined for other text. */
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

/** Parses `10` or `5%` to a number, or a fraction of the whole. */
function parsePart(value: string): { limit: number; percent: boolean } | undefined {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(value);
  const limit = Number(match?.[1]);
  if (!match || limit === 0) return undefined;
  if (match[2]) return limit <= 100 ? { limit, percent: true } : undefined;
  return Number.isSafeInteger(limit) ? { limit, percent: false } : undefined;
}

/** Parses `3/10`: the third of ten parts. */
function parseShard(value: string): { part: number; of: number } | undefined {
  const match = /^(\d+)\/(\d+)$/.exec(value);
  const [part, of] = [Number(match?.[1]), Number(match?.[2])];
  return part >= 1 && part <= of && of <= 2 ** 32 ? { part, of } : undefined;
}

/** A flag without a value. */
export function yes(): Kind<boolean> {
  return {
    check: (value) =>
      typeof value === "boolean"
        ? { value }
        : { fault: `expected true or false, got ${JSON.stringify(value)}` },
    json: { type: "boolean" },
  };
}

/** A whole number of at least `least`. */
export function count(least = 1) {
  return text(`a whole number of at least ${least}`, (value) => parseCount(value, least), {
    json: { type: ["integer", "string"], minimum: least, pattern: "^\\d+$" },
  });
}

/** A whole number of at least 1, or a word that stands for one. */
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

/** A size in bytes. */
export function size() {
  return text("a size such as 512mb or 2gb", parseSize, {
    json: pattern("\\d+(\\.\\d+)?([kK]|[mM]|[gG])[bB]"),
  });
}

/** Rates: numbers of starts, or sums of a field, per interval. */
export function rates(): Kind<RateFlag[]> {
  const check: Kind<RateFlag[]>["check"] = (value) => {
    const list = Array.isArray(value) ? value : [value];
    const rates = list.map((one) => typeof one === "string" ? parseRate(one) : undefined);
    if (list.length > 0 && !rates.includes(undefined)) return { value: rates as RateFlag[] };
    const wrong = list.length === 0 ? value : list[rates.indexOf(undefined)];
    return {
      fault:
        "expected a number of starts per interval such as 100/s, 10/m or 500/h, or a sum of a field such as " +
        `90000/m:tokens, got ${JSON.stringify(wrong)}`,
    };
  };
  const one = pattern(RATE_PATTERN);
  return { check, json: { anyOf: [one, { type: "array", minItems: 1, items: one }] } };
}

/** A field of the inputs and a number for each of its values. */
export function limit() {
  return text("a field and a number of tasks, such as host=2 or user.id=1", parseLimit, {
    json: pattern(".+=\\d+"),
  });
}

/** One of several parts of the inputs. */
export function shard() {
  return text("a part of the inputs such as 3/10, from 1/10 to 10/10", parseShard, {
    json: pattern("\\d+/\\d+"),
  });
}

/** Whether outcomes are written, or all that is known of them. */
export function envelope(): Kind<boolean | "full"> {
  const check: Kind<boolean | "full">["check"] = (value) => {
    if (typeof value === "boolean" || value === "full") return { value };
    if (value === "short") return { value: true };
    return { fault: `expected short or full, or no value for short, got ${JSON.stringify(value)}` };
  };
  return { check, json: { enum: [true, false, "short", "full"] }, words: ["short", "full"] };
}

/** A number of inputs, or a percentage of them. */
export function part() {
  return text("a number of failures such as 1, or a part of the inputs such as 10%", parsePart, {
    json: { type: ["integer", "string"], minimum: 1, pattern: "^\\d+(\\.\\d+)?%?$" },
  });
}

/** One of these words. */
export function word<const T extends string>(...words: T[]) {
  return text(words.join(" or "), (value) => words.find((known) => known === value), {
    json: { enum: words },
    words,
  });
}

/** A module, whose path may end in `#EXPORT`. */
export function moduleName() {
  return text("a module, such as tasks.ts#name", (value) => value, {
    json: { type: "string" },
    isPath: true,
  });
}

/** The source of a function. */
export function source() {
  return text("the source of a function", (value) => value.trim() === "" ? undefined : value);
}

/** A file, other than stdin or stdout. `why` is added to the message for `-`. */
export function file(why = "") {
  const json = { type: "string", minLength: 1, not: { const: "-" } };
  return text(`a file${why}`, (value) => value === "" || value === "-" ? undefined : value, {
    json,
    isPath: true,
  });
}

/** A file, or `-` for stdin or stdout. */
export function path() {
  return text('a file, or "-"', (value) => value === "" ? undefined : value, { isPath: true });
}

/** A path, or several. */
export function paths(): Kind<string[]> {
  const check: Kind<string[]>["check"] = (value) => {
    const list = Array.isArray(value) ? value : [value];
    const wrong = list.find((path) => typeof path !== "string" || path === "");
    if (wrong !== undefined || list.length === 0) {
      return { fault: `expected a file, or "-", got ${JSON.stringify(list.length === 0 ? value : wrong)}` };
    }
    const isTwice = list.filter((path) => path === "-").length > 1;
    return isTwice ? { fault: "stdin (-) can be read only once" } : { value: list };
  };
  return {
    check,
    json: { type: ["string", "array"], minLength: 1, minItems: 1, items: TEXT },
    isPath: true,
  };
}

/** A config, or false for none. */
export function configFile(): Kind<string | false> {
  return {
    check: (value) =>
      value === false || typeof value === "string" && value !== ""
        ? { value }
        : { fault: `expected a file, got ${JSON.stringify(value)}` },
    json: TEXT,
    isPath: true,
  };
}

/** Texts, each unchanged. */
export function texts(): Kind<string[]> {
  return {
    check: (value) =>
      Array.isArray(value) && value.every((text) => typeof text === "string")
        ? { value }
        : { fault: `expected a list of texts, got ${JSON.stringify(value)}` },
    json: { type: "array", items: TEXT },
  };
}

/** The separator of the values in a row: a character, or the name of one that is hard to type. */
export function separator() {
  return text('a character such as ";" or the word tab (no quote or newline)', (value) => {
    if (value === "tab" || value === "\\t") return "\t";
    return value.length === 1 && !'"\r\n'.includes(value) && value.isWellFormed() ? value : undefined;
  });
}

/** The names of columns, as a text with commas or as a list; false if a file has no header. */
export function header(): Kind<string[] | false> {
  const check: Kind<string[] | false>["check"] = (value) => {
    if (value === false) return { value };
    const names = typeof value === "string" ? value.split(",") : value;
    const isList = Array.isArray(names) && names.length > 0 &&
      names.every((name) => typeof name === "string");
    if (isList && !names.includes("") && new Set(names).size === names.length) return { value: names };
    return { fault: `expected different column names such as id,name; got ${JSON.stringify(value)}` };
  };
  return { check, json: { anyOf: [{ const: false }, TEXT, { type: "array", items: TEXT, minItems: 1 }] } };
}

/** The name of an export; true means `usual`. */
export function exportName(usual: string): Kind<string | undefined> {
  const check: Kind<string | undefined>["check"] = (value) => {
    if (value === true) return { value: usual };
    if (value === false) return { value: undefined };
    if (typeof value === "string" && value !== "") return { value };
    const got = JSON.stringify(value);
    return { fault: `expected the name of an export, or no value for "${usual}", got ${got}` };
  };
  return { check, json: { type: ["boolean", "string"], minLength: 1 } };
}

/** A list after `=`, or no value for everything. */
export function grant({ isPath }: { isPath: boolean }) {
  return text("a list such as =A,B, or no value for everything", (value) => {
    if (value === EVERYTHING) return true;
    const items = value.split(",");
    return items.includes("") ? undefined : items;
  }, { json: { type: ["boolean", "string", "array"], items: TEXT, minItems: 1 }, isPath });
}

/** The URL of a broker. The message does not repeat an invalid one, because it may contain a password. */
export function brokerUrl(): Kind<string> {
  const check: Kind<string>["check"] = (value) => {
    const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
    const fault = url ? faultOf(url) : `must be ${URL_RULE}`;
    if (fault !== undefined) {
      return { fault: fault.replace(/^must be/, "expected").replace(/^has/, "the URL has") };
    }
    if (url!.password === "") return { value: value as string };
    return {
      fault: "a password on a command line, in a config or a journal can be read by others: " +
        "leave --redis out and put the URL into the environment variable POLYLOOP_REDIS",
    };
  };
  return { check, json: pattern("(rediss?|unix)://.*") };
}

/** The name of a queue or a run. */
export function name() {
  return text(NAME_RULE, (value) => isName(value) ? value : undefined);
}

/** `:9400`, `127.0.0.1:9400`. */
export function address() {
  return text("a port or an address such as :9400 or 127.0.0.1:9400", (value) => {
    const match = /^(?:(\[[0-9a-f:]+\]|[^:\s]*):)?(\d{1,5})$/i.exec(value);
    const port = Number(match?.[2]);
    return match && port <= 65_535 ? { host: match[1]?.replace(/[[\]]/g, "") || undefined, port } : undefined;
  });
}

const TEXT = { type: "string", minLength: 1 };

function pattern(source: string): Record<string, unknown> {
  return { type: "string", pattern: `^${source}$` };
}

/** A value that is written as text. `parse` returns undefined if the text is not `expected`. */
function text<T>(
  expected: string,
  parse: (value: string) => T | undefined,
  { json = TEXT, ...facts }: Partial<ValueFacts> = {},
): Kind<T> {
  const check: Kind<T>["check"] = (value) => {
    // A config may contain 4, while the command line can only contain "4".
    const parsed = typeof value === "string" || typeof value === "number" ? parse(String(value)) : undefined;
    if (parsed !== undefined) return { value: parsed };
    return { fault: `expected ${expected}, got ${JSON.stringify(value)}` };
  };
  return { check, json, ...facts };
}
