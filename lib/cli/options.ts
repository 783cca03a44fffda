/**
 * The one truth for option values: text from the command line → checked values. `args.ts` is its only
 * caller so far; a config file will be the next.
 *
 * @module
 */

import { z } from "npm:zod@4.6.7";

const MILLISECONDS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Timers count in 31 bits of milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** The options of `polyloop run`, checked. */
export type RunOptions = z.output<typeof runSchema>;

const runSchema = z.strictObject({
  module: z.string().optional(),
  eval: text("the source of a function", (value) => (value.trim() === "" ? undefined : value)).optional(),
  workers: count().optional(),
  concurrency: count().optional(),
  isolation: word("thread", "process", "none").default("thread"),
  input: path().default("-"),
  output: path().default("-"),
  from: word("jsonl", "lines").default("jsonl"),
  to: word("jsonl", "lines").default("jsonl"),
  unordered: z.boolean().default(false),
  envelope: z.boolean().default(false),
  errors: text(
    "a file (stdout carries results alone)",
    (value) => (value === "" || value === "-" ? undefined : value),
  ).optional(),
  timeout: duration(1).optional(),
  grace: duration(0).optional(),
  retries: count(0).default(0),
  backoff: durationRange().optional(),
  progress: word("auto", "plain", "none").default("auto"),
  dryRun: z.boolean().default(false),
});

/** Checked values, or the first thing that is wrong with them. */
export type Checked<T> = { ok: true; value: T } | { ok: false; message: string };

/** Checks the options of `run`. A message reads `--workers: expected a whole number of at least 1, got "0"`. */
export function checkRunOptions(flags: Record<string, unknown>): Checked<RunOptions> {
  const { success, data, error } = runSchema.safeParse(flags);
  if (!success) {
    const [{ path, message }] = error.issues;
    return { ok: false, message: `${flagName(String(path[0]))}: ${message}` };
  }
  if (data.module === undefined && data.eval === undefined) {
    return { ok: false, message: "run: name a MODULE, or give a function with -e (see polyloop run --help)" };
  }
  if (data.module !== undefined && data.eval !== undefined) {
    return { ok: false, message: `run: give a MODULE or -e, not both (got "${data.module}" and -e)` };
  }
  return { ok: true, value: data };
}

/** `250ms`, `30s`, `1.5m`, `2h` → milliseconds; `undefined` for anything else. */
export function parseDuration(value: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value);
  if (!match) return undefined;
  return Math.round(Number(match[1]) * MILLISECONDS[match[2]]);
}

function duration(least: number) {
  return text("a duration such as 250ms, 30s, 5m or 2h (596h at the most)", (value) => {
    const time = parseDuration(value);
    return time !== undefined && time >= least && time <= LONGEST ? time : undefined;
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

function word<const T extends string>(...words: T[]) {
  return text(words.join(" or "), (value) => words.find((known) => known === value));
}

function path() {
  return text('a file, or "-"', (value) => (value === "" ? undefined : value));
}

/** A schema for an option that is written as text; `parse` returns `undefined` for what is not `expected`. */
function text<T>(expected: string, parse: (value: string) => T | undefined) {
  return z.string().transform((value, context) => {
    const parsed = parse(value);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: "custom", message: `expected ${expected}, got ${JSON.stringify(value)}` });
    return z.NEVER;
  });
}

function flagName(key: string): string {
  return key === "eval" ? "-e" : `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
