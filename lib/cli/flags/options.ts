/**
 * The one truth for option values, of the command line, of config files and of journals: text → checked values.
 * Longer than most files, as every option stands here.
 *
 * @module
 */

import { z } from "npm:zod@4.6.7";
import { faultOf, URL_RULE } from "../../distributed/broker/broker_url.ts";
import { isName, NAME_RULE } from "../../distributed/broker/names.ts";
import { PERMISSION_NAMES } from "../../wire/permissions.ts";
import { formatByEnding, formatOfInputs, mixedInputs } from "../input/formats/format_by_ending.ts";
import { EVERYTHING, granted } from "../task/permissions.ts";
import {
  CONCURRENCY,
  LIMIT,
  parseConcurrency,
  parseLimit,
  parseRate,
  parseSize,
  RATE,
  SIZE,
} from "./values.ts";

const MILLISECONDS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Timers count in 31 bits of milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** The export that `--schema` means where it names none. */
export const DEFAULT_SCHEMA = "input";

/** The options of `polyloop run`, checked. */
export type RunOptions = Omit<z.output<typeof runSchema>, "from"> & { from: InputFormatName };

/** How inputs may be written. */
type InputFormatName = NonNullable<z.output<typeof runSchema>["from"]>;

/** What is checked once is not worth code of its own, which takes zod longer to make than the check. */
const ONCE = { jitless: true };

const runSchema = z.strictObject({
  module: text("a module, such as tasks.ts#name", (value) => value).optional(),
  eval: text("the source of a function", (value) => (value.trim() === "" ? undefined : value)).optional(),
  workers: count().optional(),
  concurrency: text(CONCURRENCY, parseConcurrency).optional(),
  isolation: word("thread", "process", "none").optional(),
  input: paths().default(["-"]),
  output: path().default("-"),
  /** What stood after `--`: these are the inputs. */
  args: z.array(z.string()).optional(),
  from: word("jsonl", "json", "lines", "nul", "csv", "tsv").optional(),
  to: word("jsonl", "json", "csv", "tsv", "lines").default("jsonl"),
  separator: separator().optional(),
  toSeparator: separator().optional(),
  header: header().optional(),
  unordered: yes().default(false),
  envelope: yes().default(false),
  errors: text(
    "a file (stdout carries results alone)",
    (value) => (value === "" || value === "-" ? undefined : value),
  ).optional(),
  batch: count().optional(),
  schema: schema().optional(),
  timeout: duration(1).optional(),
  grace: duration(0).optional(),
  retries: count(0).default(0),
  backoff: durationRange().optional(),
  allowAll: yes().default(false),
  allow: z.strictObject({
    read: grant().optional(),
    write: grant().optional(),
    net: grant().optional(),
    env: grant().optional(),
    run: grant().optional(),
    ffi: grant().optional(),
    sys: grant().optional(),
    import: grant().optional(),
  }).default({}),
  journal: file().optional(),
  redis: redis().optional(),
  redisCa: file().optional(),
  redisCert: file().optional(),
  redisKey: file().optional(),
  queue: named().optional(),
  runId: named().optional(),
  halt: halt().optional(),
  deadline: duration(1).optional(),
  rate: text(RATE, parseRate).optional(),
  limitPer: text(LIMIT, parseLimit).optional(),
  memory: text(SIZE, parseSize).optional(),
  report: file().optional(),
  trace: file().optional(),
  stats: file().optional(),
  progress: word("auto", "plain", "json", "none").default("auto"),
  dryRun: yes().default(false),
  config: z.union([z.literal(false), path()], { error: "expected a file" }).optional(),
  configPermissions: yes().optional(),
});

/** Options whose value is a path. */
export const PATH_KEYS = [
  "module",
  "input",
  "output",
  "errors",
  "journal",
  "report",
  "trace",
  "stats",
  "redisCa",
  "redisCert",
  "redisKey",
];

/** The keys of a config file. */
export const OPTION_KEYS: string[] = [
  ...Object.keys(runSchema.shape).filter((key) =>
    !["allow", "config", "configPermissions", "args"].includes(key)
  ),
  ...PERMISSION_NAMES.map((name) => `allow${name[0].toUpperCase()}${name.slice(1)}`),
];

/** The options that `polyloop bench` has beside those of `run`. */
export type BenchOptions = z.output<typeof benchSchema>;

const benchSchema = z.strictObject({
  for: duration(1).default(10_000),
  sample: count().default(1_000),
  calls: count().optional(),
  json: yes().default(false),
});

/** Checks the options of `bench`. */
export function checkBenchOptions(flags: Record<string, unknown>): Checked<BenchOptions> {
  return checkedBy(benchSchema, flags);
}

/** The options that `polyloop worker` has beside those of `run`. */
export type WorkerOptions = z.output<typeof workerSchema>;

const workerSchema = z.strictObject({
  metrics: address().optional(),
  onStuckThread: word("thread", "process").optional(),
  lock: duration(1_000).default(15_000),
});

/** Checks the options of `worker`. */
export function checkWorkerOptions(flags: Record<string, unknown>): Checked<WorkerOptions> {
  return checkedBy(workerSchema, flags);
}

/** The options of `polyloop top`. */
export type TopOptions = z.output<typeof topSchema>;

const topSchema = z.strictObject({
  redis: redis().optional(),
  redisCa: file().optional(),
  redisCert: file().optional(),
  redisKey: file().optional(),
  queue: named().optional(),
  json: yes().default(false),
});

/** Checks the options of `top`. */
export function checkTopOptions(flags: Record<string, unknown>): Checked<TopOptions> {
  return checkedBy(topSchema, flags);
}

function checkedBy<T>(schema: z.ZodType<T>, flags: Record<string, unknown>): Checked<T> {
  const { success, data, error } = schema.safeParse(flags, ONCE);
  if (success) return { ok: true, value: data };
  const [{ path, message }] = error.issues;
  return { ok: false, message: `${flagName(path.join("-"))}: ${message}` };
}

/** Checked values, or the first thing that is wrong with them. */
export type Checked<T> = { ok: true; value: T } | { ok: false; message: string };

/** Checks the options of `run`. A message reads `--workers: expected a whole number of at least 1, got "0"`. */
export function checkRunOptions(flags: Record<string, unknown>): Checked<RunOptions> {
  const checked = checkFlags(flags);
  if (!checked.ok) return checked;
  const { module, eval: source, args, input } = checked.value;
  const mixed = flags.from === undefined && !args ? mixedInputs(input) : undefined;
  if (mixed !== undefined) return { ok: false, message: mixed };
  if (module !== undefined || source !== undefined) return checked;
  return { ok: false, message: "run: name a MODULE, or give a function with -e (see polyloop run --help)" };
}

/** The same, where a config may name the module. */
export function checkFlags(flags: Record<string, unknown>): Checked<RunOptions> {
  const checked = checkValues(flags);
  if (!checked.ok) return { ok: false, message: `${flagName(checked.key)}: ${checked.message}` };
  const { module, eval: source } = checked.value;
  if (module !== undefined && source !== undefined) {
    return { ok: false, message: `run: give a MODULE or -e, not both (got "${module}" and -e)` };
  }
  const value = withEndings(checked.value, flags);
  const message = conflictIn(value, flags);
  return message === undefined ? { ok: true, value } : { ok: false, message };
}

/** The formats that nobody names are those of the files' endings. */
function withEndings(options: RunOptions, flags: Record<string, unknown>): RunOptions {
  const { args, input, output, from, to } = options;
  return {
    ...options,
    from: flags.from === undefined && !args ? formatOfInputs(input)?.format ?? from : from,
    to: flags.to === undefined ? formatByEnding(output) ?? to : to,
  };
}

/** What cannot be had together. */
function conflictIn(
  { args, from, to, envelope, batch, limitPer }: RunOptions,
  flags: Record<string, unknown>,
): string | undefined {
  if (args && flags.input !== undefined) {
    return "run: the inputs stand after --, or in files of -i, not both";
  }
  if (args && from !== "lines" && from !== "jsonl") {
    return `--from ${from}: what stands after -- is a text each (lines), or a JSON value each (jsonl)`;
  }
  if (envelope && (to === "csv" || to === "tsv")) {
    return "--envelope: no row of CSV holds an envelope; write it --to jsonl or json";
  }
  if (limitPer && batch !== undefined) {
    return "--limit-per: the inputs of a --batch go together, whatever they count for; leave one of the two out";
  }
  return undefined;
}

/** Checks the values alone, not where they come from. */
export function checkValues(
  values: Record<string, unknown>,
): { ok: true; value: RunOptions } | { ok: false; key: string; message: string } {
  const { success, data, error } = runSchema.safeParse(gatherGrants(values), ONCE);
  // Arguments are texts, as everywhere in a shell.
  if (success) return { ok: true, value: { ...data, from: data.from ?? (data.args ? "lines" : "jsonl") } };
  const [{ path, message }] = error.issues;
  return { ok: false, key: path.join("-"), message };
}

/** `allowRead`, `allowNet`, … → `allow: { read, net, … }`. */
function gatherGrants(flags: Record<string, unknown>): Record<string, unknown> {
  const allow: Record<string, unknown> = {};
  const others = Object.entries(flags).filter(([flag, value]) => {
    const name = granted(flag);
    if (name && value !== undefined) allow[name] = value;
    return name === undefined;
  });
  return { ...Object.fromEntries(others), allow };
}

/** `250ms`, `30s`, `1.5m`, `2h` → milliseconds; `undefined` for anything else. */
export function parseDuration(value: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value);
  if (!match) return undefined;
  return Math.round(Number(match[1]) * MILLISECONDS[match[2]]);
}

/** What stands between the values of a row: a character, or the name of one that is hard to type. */
function separator() {
  return text('a character such as ";" or the word tab (no quote or newline)', (value) => {
    if (value === "tab" || value === "\\t") return "\t";
    return value.length === 1 && !'"\r\n'.includes(value) && value.isWellFormed() ? value : undefined;
  });
}

/** The names of columns, as a text with commas or as a list; `false` where a file has no header. */
function header() {
  return z.unknown().transform((value, context) => {
    if (value === false || value === undefined) return value as false | undefined;
    const names = typeof value === "string" ? value.split(",") : value;
    const isList = Array.isArray(names) && names.length > 0 &&
      names.every((name) => typeof name === "string");
    if (isList && !names.includes("") && new Set(names).size === names.length) return names as string[];
    const message = `expected different column names such as id,name; got ${JSON.stringify(value)}`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

/** From which number, or which part in percent, of failed inputs on a run stops. */
function halt() {
  return text("a number of failures such as 1, or a part of the inputs such as 10%", (value) => {
    const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(value);
    const limit = Number(match?.[1]);
    if (!match || limit === 0) return undefined;
    if (match[2]) return limit <= 100 ? { limit, percent: true } : undefined;
    return Number.isSafeInteger(limit) ? { limit, percent: false } : undefined;
  });
}

function duration(least: number) {
  const range = `${least > 0 ? "more than 0, " : ""}596h at the most`;
  return text(`a duration such as 250ms, 30s, 5m or 2h (${range})`, (value) => {
    const time = parseDuration(value);
    return time !== undefined && time >= least && time <= LONGEST ? time : undefined;
  });
}

/** `=a,b`, or nothing for everything. */
function grant() {
  return text("a list such as =A,B, or no value for everything", (value) => {
    if (value === EVERYTHING) return true;
    const items = value.split(",");
    return items.includes("") ? undefined : items;
  });
}

/** `200ms..30s`, or one duration for both ends. */
function durationRange() {
  return text("a range of durations such as 200ms..30s", (value) => {
    const [from, to = from, ...more] = value.split("..").map(parseDuration);
    if (from === undefined || to === undefined || more.length > 0) return undefined;
    return from <= to && to <= LONGEST ? { from, to } : undefined;
  });
}

function count(least = 1) {
  return text(`a whole number of at least ${least}`, (value) => {
    const number = Number(value);
    return /^\d+$/.test(value) && number >= least && Number.isSafeInteger(number) ? number : undefined;
  });
}

/** The export that checks inputs; true is the usual one. */
function schema() {
  return z.unknown().transform((value, context) => {
    if (value === true) return DEFAULT_SCHEMA;
    if (value === false || value === undefined) return undefined;
    if (typeof value === "string" && value !== "") return value;
    const message = `expected the name of an export, or no value for "input", got ${JSON.stringify(value)}`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

function word<const T extends string>(...words: T[]) {
  return text(words.join(" or "), (value) => words.find((known) => known === value)).meta({ words });
}

/** The words that an option takes, if it takes words. */
export function wordsOf(key: string): string[] {
  let schema: unknown = (runSchema.shape as Record<string, unknown>)[key];
  while (schema instanceof z.ZodType) {
    const words = schema.meta()?.words;
    if (words) return words as string[];
    schema = (schema.def as { innerType?: unknown }).innerType;
  }
  return [];
}

/** The URL of a broker. What is wrong with one is not repeated: there may be a password in it. */
function redis() {
  return z.unknown().transform((value, context) => {
    const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
    const fault = url ? faultOf(url) : `must be ${URL_RULE}`;
    const wrong = fault !== undefined
      ? fault.replace(/^must be/, "expected").replace(/^has/, "the URL has")
      : url!.password !== ""
      ? "a password on a command line, in a config or a journal can be read by others: " +
        "leave --redis out and put the URL into the environment variable POLYLOOP_REDIS"
      : undefined;
    if (wrong === undefined) return value as string;
    context.addIssue({ code: "custom", message: wrong });
    return z.NEVER;
  });
}

/** The name of a queue or a run. */
function named() {
  return text(NAME_RULE, (value) => isName(value) ? value : undefined);
}

/** `:9400`, `127.0.0.1:9400`. */
function address() {
  return text("a port or an address such as :9400 or 127.0.0.1:9400", (value) => {
    const match = /^(?:(\[[0-9a-f:]+\]|[^:\s]*):)?(\d{1,5})$/i.exec(value);
    const port = Number(match?.[2]);
    return match && port <= 65_535 ? { host: match[1]?.replace(/[[\]]/g, "") || undefined, port } : undefined;
  });
}

function file() {
  return text("a file", (value) => (value === "" || value === "-" ? undefined : value));
}

function path() {
  return text('a file, or "-"', (value) => (value === "" ? undefined : value));
}

/** One path, or several. */
function paths() {
  return z.unknown().transform((value, context) => {
    const list = Array.isArray(value) ? value : [value];
    const wrong = list.find((path) => typeof path !== "string" || path === "");
    let message: string | undefined;
    if (wrong !== undefined || list.length === 0) {
      message = `expected a file, or "-", got ${JSON.stringify(list.length === 0 ? value : wrong)}`;
    } else if (list.filter((path) => path === "-").length > 1) message = "stdin (-) can be read only once";
    if (message === undefined) return list as string[];
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

/** A schema for an option that is written as text; `parse` returns `undefined` for what is not `expected`. */
function text<T>(expected: string, parse: (value: string) => T | undefined) {
  return z.unknown().transform((value, context) => {
    // A config may say 4 where the command line can only say "4".
    const parsed = typeof value === "string" || typeof value === "number" ? parse(String(value)) : undefined;
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: "custom", message: `expected ${expected}, got ${JSON.stringify(value)}` });
    return z.NEVER;
  });
}

/** A flag without a value. */
function yes() {
  return z.boolean({ error: ({ input }) => `expected true or false, got ${JSON.stringify(input)}` });
}

function flagName(key: string): string {
  return key === "eval" ? "-e" : `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
