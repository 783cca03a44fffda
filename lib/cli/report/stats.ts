/** The figures of a run, for `--stats` and the report page. */

import process from "node:process";
import deno from "../../../deno.json" with { type: "json" };
import { checkValues, type RunOptions } from "../flags/options.ts";
import { thousandths } from "../progress/format.ts";
import type { ShownSums } from "../progress/run_sums.ts";
import type { Recorder } from "./recording/recorder.ts";
import type { EarlierSessions } from "./replay.ts";
import type { Stats } from "./stats_schema.ts";
import { flagName } from "../flags/table.ts";

export interface Counts {
  /** Inputs whose outcome an earlier session has kept. */
  before: { ok: number; failed: number };
  left: number;
  unread: boolean;
  retries: number;
}

export interface PauseFacts {
  /** Number of pauses of all tasks, and of keys of `--limit-per`. */
  all: number;
  ofKeys: number;
  /** Time of the pauses of all tasks, in milliseconds. */
  ms: number;
  /** The first thousand. `start` is milliseconds since the run began; `key` is undefined for all tasks. */
  list: { start: number; ms: number; key: string | undefined }[];
}

export interface Facts {
  target: string;
  /** Milliseconds since 1970. */
  started: number;
  finished: number;
  wallMs: number;
  exitCode: number | null;
  counts: Counts;
  sums: ShownSums;
  pauses?: PauseFacts;
  /** Number of sessions of the run (default: 1), and what the recorder was told of the earlier ones. */
  sessions?: number;
  earlier?: EarlierSessions;
  options: Record<string, unknown>;
  flags?: FlagRow[];
  /** Part of the time in which event loops were busy, from 0 to 1; undefined if unknown. */
  loops?: number;
}

/** The options that differ from their defaults. Times are milliseconds. */
export function chosenOptions(options: RunOptions): Record<string, unknown> {
  const defaults: Record<string, unknown> = checkValues({});
  const isChosen = ([key, value]: [string, unknown]) =>
    value !== undefined && JSON.stringify(value) !== JSON.stringify(defaults[key]);
  const chosen = Object.fromEntries(Object.entries(options).filter(isChosen));
  // A single input is a text, as it was given.
  if (chosen.input && options.input.length === 1) [chosen.input] = options.input;
  return chosen;
}

export function statsOf(recorder: Recorder, facts: Facts): Stats {
  const { ok, failed, times, positions, errors, retryErrors, slowest, limits } = recorder;
  const { target, started, finished, wallMs, exitCode, counts, options, loops } = facts;
  const { sessions = 1, earlier, sums } = facts;
  const { before, left, unread } = counts;
  const retries = counts.retries + (earlier?.retries ?? 0);
  const retryCauses = retryErrors.list().map(({ name, message, count }) => ({ name, message, count }));
  // Outcomes of earlier sessions count if their input exists.
  const inputs = {
    ok: ok - (earlier?.ok ?? 0) + before.ok,
    failed: failed - (earlier?.failed ?? 0) + before.failed,
  };
  const ran = positions.length > 0;
  return {
    version: 1,
    polyloop: deno.version,
    runtime: runtime(),
    target,
    started: new Date(started).toISOString(),
    finished: new Date(finished).toISOString(),
    exitCode,
    inputs: { ...inputs, before: { ok: 0, failed: 0 }, left, unread },
    sessions,
    retries,
    retryCauses,
    pauses: {
      all: facts.pauses?.all ?? 0,
      ofKeys: facts.pauses?.ofKeys ?? 0,
      ms: thousandths(facts.pauses?.ms ?? 0),
    },
    otherRetries: Math.max(0, retries - retryCauses.reduce((sum, { count }) => sum + count, 0)),
    counts: sums.counts,
    spent: sums.spent,
    wallMs: thousandths(wallMs),
    taskMs: thousandths(positions.reduce((sum, { busy }) => sum + busy, 0)),
    loopUtilization: loops === undefined ? null : thousandths(loops),
    perSecond: wallMs > 0 ? thousandths((inputs.ok + inputs.failed) / wallMs * 1_000) : 0,
    ms: ran ? mapValues(times.distribution(), thousandths) : null,
    workers: positions.map(({ workers, machine, tasks, failed, busy }) => {
      return { ids: workers, machine, tasks, failed, taskMs: thousandths(busy) };
    }),
    limits: limits.sums(),
    errors: errors.list().map(({ name, message, count, samples }) => {
      return { name, message, count, samples: samples.map(({ line, input }) => ({ line, input })) };
    }),
    otherErrors: errors.others,
    slowest: slowest.list().map(({ line, input, ms, ok }) => ({ line, input, ms: thousandths(ms), ok })),
    options,
  };
}

function runtime(): string {
  const { deno: denoVersion, node } = process.versions as Record<string, string>;
  return denoVersion ? `Deno ${denoVersion}` : `Node ${node}`;
}

function mapValues<T extends object>(values: T, change: (value: number) => number): T {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)])) as T;
}

export interface FlagRow {
  name: string;
  value: string;
}

/** Flags that are not shown: the module is in the page's heading. */
const ELSEWHERE = ["module", "cwd"];

/** A row for each flag as it was given. A repeated flag has a row for each value. */
export function flagRows(flags: Record<string, unknown>): FlagRow[] {
  return Object.entries(flags).flatMap(([key, value]) => {
    if (ELSEWHERE.includes(key) || value === undefined || value === false) return [];
    const values = Array.isArray(value) ? value : [value];
    return key === "args"
      ? [{ name: "--", value: values.join(" ") }]
      : values.map((one) => ({ name: flagName(key), value: one === true ? "" : String(one) }));
  });
}
