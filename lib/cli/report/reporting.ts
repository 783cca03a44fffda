/**
 * Makes the files of `--report`, `--trace` and `--stats` while a run is running. Loaded only if one of them is wanted.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { sessionIds } from "../journal/rows/sessions.ts";
import type { LineSource } from "../input/line_source.ts";
import { type ModuleReference, targetName } from "../task/module_reference.ts";
import type { RunClock } from "../progress/run_clock.ts";
import type { RunOptions } from "../flags/options.ts";
import type { Pauses } from "../progress/pauses.ts";
import type { Tally } from "../progress/tally.ts";
import { systemReason } from "../user_error.ts";
import { reportOf } from "./report_data.ts";
import { chosenOptions, type Counts, type Facts, type PauseFacts, statsOf } from "./stats.ts";
import { flagRows } from "./flag_rows.ts";
import { pageOf } from "./html.ts";
import { EARLIER, Recorder, type RecorderInit } from "./recording/recorder.ts";
import { LimitWatch, type RunView } from "./limit_watch.ts";
import { type Break, note } from "./recording/breaks.ts";
import { closeReports, emptyReports, type ReportFile, type ReportFiles, writeText } from "./report_files.ts";
import { tellEarlier, type Told } from "./replay.ts";
import { TraceFile } from "./trace_file.ts";

/** What is recorded, and the files to write. */
interface ReportingInit {
  files: ReportFiles;
  options: RunOptions;
  /** The flags as they were given. */
  flags: Record<string, unknown>;
  reference: ModuleReference;
  executor: {
    readonly concurrency: number;
    stats(): { workers: { workerId: number }[]; loopUtilization?: number };
  };
  source: Pick<LineSource, "originOf" | "wholeOf">;
  /** The journal, if there is one, and whether inputs that failed in earlier sessions run again. */
  journal?: { db: DatabaseSync; retryFailed: boolean };
}

/** The parts of a run that show what limits it, and its suspensions. */
interface WatchedRun extends Omit<RunView, "now"> {
  clock: Pick<RunClock, "now" | "suspensions">;
}

/** The reports of a run. */
export interface Reporting {
  recorder: Pick<Recorder, "settled" | "tried">;
  /** Begins to watch what limits the run. */
  watch(run: WatchedRun): void;
  /** Writes the files. Returns a line for each that cannot be written. A second call does nothing. */
  finish(exitCode: number, counts: RunCounts): string[];
}

/** The counts, time, pauses and sums of a run that has ended. */
type RunCounts = Counts & Pick<Tally, "elapsed" | "pauses" | "sums">;

/** Begins to record a run. */
export function startReporting(
  { files, options, flags, reference, executor, source, journal }: ReportingInit,
): Reporting {
  const started = Date.now();
  // With "auto", a worker may have more tasks in flight than the level that is found.
  const concurrency = options.concurrency === "auto" ? Infinity : options.concurrency ?? 16;
  emptyReports(files);
  const trace = files.trace && new TraceFile(files.trace.fd, reference.task);
  const sessions = journal ? sessionIds(journal.db).length : 1;
  let told: Told | undefined;
  const init: RecorderInit = {
    begun: 0,
    concurrency,
    originOf: (index) => told ? { number: told.line, line: told.input } : source.originOf(index),
    wholeOf: (index) => told ? index : source.wholeOf(index),
    // The worker of earlier sessions never ends, so no other takes its position.
    workers: () => [EARLIER, ...executor.stats().workers.map(({ workerId }) => workerId)],
    onPlaced: trace && ((task) => trace.add(task)),
  };
  const recorder = new Recorder(init);
  const earlier = journal && tellEarlier(journal.db, {
    recorder,
    retryFailed: journal.retryFailed,
    now: (now) => told = now,
  });
  // The time of this session begins at the end of the earlier ones.
  init.begun = performance.now() - (earlier?.ranMs ?? 0);
  let isFinished = false;
  let watched: WatchedRun | undefined;
  let limits: LimitWatch | undefined;
  return { recorder, watch, finish };

  function watch(run: WatchedRun): void {
    watched = run;
    limits = new LimitWatch({ ...run, now: () => run.clock.now() - init.begun }, recorder.limits);
  }

  function finish(exitCode: number, counts: RunCounts): string[] {
    if (isFinished) return [];
    isFinished = true;
    limits?.stop();
    recorder.finish();
    const facts: Facts = {
      target: targetName(reference),
      started: earlier?.started ?? started,
      finished: Date.now(),
      wallMs: counts.elapsed + (earlier?.ranMs ?? 0),
      exitCode,
      counts,
      sums: counts.sums.read(),
      pauses: pauseFacts(counts.pauses, init.begun),
      sessions,
      earlier,
      options: chosenOptions(options),
      flags: flagRows(flags),
      loops: executor.stats().loopUtilization,
    };
    trace?.finish(recorder.curves.data());
    const troubles = [
      trace?.failure === undefined ? undefined : trouble(files.trace!, trace.failure),
      write(files.stats, () => `${JSON.stringify(statsOf(recorder, facts), null, 2)}\n`),
      write(
        files.report,
        () => pageOf(reportOf(recorder, facts, { concurrency: executor.concurrency, breaks: breaks() })),
      ),
    ];
    closeReports(files);
    return troubles.filter((line) => line !== undefined);
  }

  /** The breaks between sessions, and the suspensions of this one. */
  function breaks(): Break[] {
    const all = [...earlier?.breaks ?? []];
    for (const { at, ms } of watched?.clock.suspensions ?? []) {
      note(all, { at: at - init.begun, ms, why: "suspended" });
    }
    return all;
  }
}

function pauseFacts(pauses: Pauses, begun: number): PauseFacts {
  const now = performance.now();
  const list = pauses.list.map(({ from, until, key }) => {
    return { start: from - begun, ms: Math.min(now, until) - from, key };
  });
  return { all: pauses.all, ofKeys: pauses.ofKeys, ms: pauses.ms(now), list };
}

function write(file: ReportFile | undefined, text: () => string): string | undefined {
  if (!file) return undefined;
  try {
    writeText(file.fd, text());
  } catch (error) {
    return trouble(file, error);
  }
}

function trouble({ path }: ReportFile, error: unknown): string {
  return `polyloop: cannot write to ${path}: ${systemReason(error)}`;
}
