/**
 * What is known of a run beside its tasks, and what recorder and facts come to: the figures, and all that a report shows.
 *
 * @module
 */

import process from "node:process";
import { cpus, totalmem } from "node:os";
import deno from "../../../deno.json" with { type: "json" };
import type { ModuleReference } from "../task/module_reference.ts";
import { checkValues, type RunOptions } from "../flags/options.ts";
import type { BarData } from "./recording/bars.ts";
import type { CurveData } from "./recording/curves.ts";
import type { EarlierSessions } from "./earlier_sessions.ts";
import type { FlagRow } from "./flag_rows.ts";
import type { Recorder } from "./recording/recorder.ts";
import type { Stats } from "./stats_schema.ts";

/** How the counts of a run stand. */
export interface Counts {
  before: { ok: number; failed: number };
  left: number;
  unread: boolean;
  retries: number;
}

/** A run, from outside. */
export interface Facts {
  target: string;
  /** Milliseconds since 1970. */
  started: number;
  finished: number;
  wallMs: number;
  exitCode: number | null;
  counts: Counts;
  /** How many sessions the run had (1), and what the recorder was told of those before this one. */
  sessions?: number;
  earlier?: EarlierSessions;
  options: Record<string, unknown>;
  /** The same, as they were written. */
  flags?: FlagRow[];
  /** How busy the event loops were, from 0 to 1, where that is known. */
  loops?: number;
}

/** What the page is made of. */
export interface ReportData {
  stats: Stats;
  /** The options as they were written. */
  flags: FlagRow[];
  /** Tasks at a time on each worker. */
  concurrency: number;
  /** Where it ran. */
  machine: string;
  curves: CurveData;
  bars: BarData;
  /** How many lanes each worker has. */
  lanes: number[];
  /** Up to how many milliseconds, how many tasks, and how many of them failed. */
  histogram: { to: number; count: number; failed: number }[];
  /** For a run that was resumed: what is known of its earlier sessions, which have the first row. */
  earlier?: { pauses: number; pausedMs: number };
  /** For a report of a journal: how many pauses between its runs were left out, and how long they were. */
  journal?: { pauses: number; pausedMs: number };
}

/** `tasks.ts#work`, or `-e`. */
export function targetName({ name, task }: Pick<ModuleReference, "name" | "task">): string {
  return name === "-e" ? name : `${name}#${task}`;
}

/** Options that somebody chose, as they were understood: times are milliseconds. */
export function chosenOptions(options: RunOptions): Record<string, unknown> {
  const usual = checkValues({});
  const defaults: Record<string, unknown> = usual.ok ? usual.value : {};
  const isChosen = ([key, value]: [string, unknown]) =>
    value !== undefined && JSON.stringify(value) !== JSON.stringify(defaults[key]);
  const chosen = Object.fromEntries(Object.entries(options).filter(isChosen));
  // One file as it was given.
  if (chosen.input && options.input.length === 1) [chosen.input] = options.input;
  return chosen;
}

/** The figures of a run. */
export function statsOf(recorder: Recorder, facts: Facts): Stats {
  const { ok, failed, times, slots, errors, slowest } = recorder;
  const { target, started, finished, wallMs, exitCode, counts, options, loops, sessions = 1, earlier } =
    facts;
  const { before, left, unread, retries } = counts;
  // Of earlier sessions those count whose input is there.
  const inputs = {
    ok: ok - (earlier?.ok ?? 0) + before.ok,
    failed: failed - (earlier?.failed ?? 0) + before.failed,
  };
  const ran = slots.length > 0;
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
    retries: retries + (earlier?.retries ?? 0),
    wallMs: rounded(wallMs),
    taskMs: rounded(slots.reduce((sum, { busy }) => sum + busy, 0)),
    loopUtilization: loops === undefined ? null : Math.round(loops * 1_000) / 1_000,
    perSecond: wallMs > 0 ? rounded((inputs.ok + inputs.failed) / wallMs * 1_000) : 0,
    ms: ran ? mapValues(times.distribution(), rounded) : null,
    workers: slots.map(({ workers, tasks, failed, busy }) => {
      return { ids: workers, tasks, failed, taskMs: rounded(busy) };
    }),
    errors: errors.list().map(({ name, message, count, samples }) => ({ name, message, count, samples })),
    otherErrors: errors.others,
    slowest: slowest.list().map(({ line, input, ms, ok }) => ({ line, input, ms: rounded(ms), ok })),
    options,
  };
}

/** Everything that the page shows. */
export function reportOf(recorder: Recorder, facts: Facts, concurrency: number): ReportData {
  const stats = statsOf(recorder, facts);
  const failed = new Map(recorder.failedTimes.buckets().map(({ to, count }) => [to, count]));
  return {
    // With the stacks, which are nothing for figures.
    stats: { ...stats, errors: recorder.errors.list(), slowest: recorder.slowest.list() },
    flags: facts.flags ?? [],
    concurrency,
    earlier: facts.earlier && { pauses: facts.earlier.pauses, pausedMs: facts.earlier.pausedMs },
    machine: `${cpus().length} × ${cpus()[0]?.model.trim() || process.arch}, ${
      Math.round(totalmem() / 2 ** 30)
    } GB, ${process.platform}`,
    curves: recorder.curves.data(),
    bars: recorder.bars.data(),
    lanes: recorder.slots.map(({ lanes }) => lanes.count),
    histogram: recorder.times.buckets().map(({ to, count }) => ({ to, count, failed: failed.get(to) ?? 0 })),
  };
}

function runtime(): string {
  const { deno: denoVersion, node } = process.versions as Record<string, string>;
  return denoVersion ? `Deno ${denoVersion}` : `Node ${node}`;
}

function mapValues<T extends object>(values: T, change: (value: number) => number): T {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)])) as T;
}

/** To the microsecond. */
function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
