/** The data of the report page, which the page contains as JSON. */

import { cpus, totalmem } from "node:os";
import process from "node:process";
import { type Facts, type FlagRow, statsOf } from "./stats.ts";
import type { CurveData } from "./recording/curves.ts";
import type { LimitData } from "./recording/limit_times.ts";
import type { Break } from "./replay.ts";
import type { Recorder } from "./recording/recorder.ts";
import { type BarData, type InputList, type KindData, listsOf } from "./report_lists.ts";
import type { Stats } from "./stats_schema.ts";

export interface ReportData {
  stats: Stats;
  flags: FlagRow[];
  /** Number of tasks in flight per worker; 0 if unknown. */
  concurrency: number;
  machine: string;
  curves: CurveData;
  limits: LimitData;
  breaks: Break[];
  bars: BarData;
  inputs: InputList;
  /** The kinds of errors, by their numbers from 1. */
  kinds: KindData[];
  /** Pauses after an error's `retryAfter`, in milliseconds since the run began; `key` is undefined for all tasks. */
  pauses: { start: number; ms: number; key?: string }[];
  lanes: number[];
  /** Number of tasks, and of failed ones, that took up to `to` milliseconds. */
  histogram: { to: number; count: number; failed: number }[];
  /** For a run that was resumed: pauses that were left out. Its earlier sessions have the first row. */
  earlier?: { pauses: number; pausedMs: number };
  /** For a report of a journal: number and length of the pauses between sessions that were left out. */
  journal?: { pauses: number; pausedMs: number };
}

export function reportOf(
  recorder: Recorder,
  facts: Facts,
  { concurrency, breaks }: Pick<ReportData, "concurrency" | "breaks">,
): ReportData {
  const stats = statsOf(recorder, facts);
  const failed = new Map(recorder.failedTimes.buckets().map(({ to, count }) => [to, count]));
  return {
    stats,
    ...listsOf(recorder),
    flags: facts.flags ?? [],
    concurrency,
    earlier: facts.earlier && { pauses: facts.earlier.pauses, pausedMs: facts.earlier.pausedMs },
    machine: `${cpus().length} × ${cpus()[0]?.model.trim() || process.arch}, ${
      Math.round(totalmem() / 2 ** 30)
    } GB, ${process.platform}`,
    curves: recorder.curves.data(),
    limits: recorder.limits.data(),
    breaks,
    pauses: facts.pauses?.list ?? [],
    lanes: recorder.positions.map(({ lanes }) => lanes.count),
    histogram: recorder.times.buckets().map(({ to, count }) => ({ to, count, failed: failed.get(to) ?? 0 })),
  };
}
