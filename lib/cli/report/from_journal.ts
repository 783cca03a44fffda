/**
 * A report of all that a journal knows: `polyloop status --report`.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { RunRow } from "../journal/rows/run_row.ts";
import { sessionIds } from "../journal/rows/sessions.ts";
import type { RunOptions } from "../flags/options.ts";
import { namesOf } from "../task/module_reference.ts";
import { flagRows } from "./flag_rows.ts";
import { chosenOptions, type ReportData, reportOf, targetName } from "./report_data.ts";
import { Recorder } from "./recording/recorder.ts";
import { replay, type Told } from "./replay.ts";

/** Reads it all in one go. */
export function reportFromJournal(db: DatabaseSync, run: RunRow, { options, flags }: {
  options: RunOptions;
  flags: Record<string, unknown>;
}): ReportData {
  // A journal does not keep which worker it was: all are one, with as many lanes as there were tasks at once.
  let now: Told | undefined;
  const recorder = new Recorder({
    begun: 0,
    concurrency: Infinity,
    originOf: () => ({ number: now!.line, line: now!.input }),
    workers: () => [1],
  });
  const { retries, pauses, pausedMs, last } = replay(db, { started: run.started, failures: true }, (told) => {
    now = told;
    recorder.settled({ ...told, index: told.line - 1, workerId: 1, at: told.time });
  });
  recorder.finish();
  const finished = run.finished ?? last;
  const facts = {
    target: targetName(namesOf(options)),
    started: run.started,
    finished,
    wallMs: Math.max(0, finished - run.started - pausedMs),
    exitCode: null,
    counts: { before: { ok: 0, failed: 0 }, left: 0, unread: run.finished === null, retries },
    sessions: sessionIds(db).length,
    options: chosenOptions(options),
    flags: flagRows(flags),
    loops: undefined,
  };
  // Of a journal a page does not say how many slots there were.
  return { ...reportOf(recorder, facts, 0), journal: { pauses, pausedMs } };
}
