/** Writes the page of `polyloop status --report`. */

import { closeSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { sessionIds } from "../journal/rows/sessions.ts";
import { sumsIn } from "../journal/status/stored_outcomes.ts";
import { readable } from "../journal/file/journal_file.ts";
import type { RunRow } from "../journal/rows/run_row.ts";
import { checkRunOptions } from "../flags/options.ts";
import { keptFlags } from "../journal/kept_options.ts";
import type { RunOptions } from "../flags/options.ts";
import { refuseAsReport } from "../output/file_roles.ts";
import { openToWrite } from "../output/writable.ts";
import { systemReason, UserError } from "../user_error.ts";
import { namesOf, targetName } from "../task/module_reference.ts";
import { chosenOptions, flagRows } from "./stats.ts";
import { type ReportData, reportOf } from "./report_data.ts";
import { Recorder } from "./recording/recorder.ts";
import { replay, type Told } from "./replay.ts";
import { pageOf } from "./html.ts";
import { emptyReports, writeText } from "./report_files.ts";

interface JournalReport {
  db: DatabaseSync;
  run: RunRow;
  path: string;
  report: string;
}

/** Writes the page. @throws {UserError} if the journal cannot be read, or the page cannot be written */
export function writeJournalReport({ db, run, path, report }: JournalReport): void {
  const { cwd: _, ...flags } = keptFlags(run.options, path);
  const options = checkRunOptions(flags);
  if (report === "" || report === "-") throw new UserError(`--report: expected a file, got "${report}"`);
  refuseAsReport(report, path, { files: options, module: run.module, input: options.input });
  const file = { path: report, fd: openToWrite("--report", report) };
  try {
    const page = pageOf(readable(path, () => reportFromJournal(db, run, { options, flags })));
    emptyReports({ report: file });
    writeText(file.fd, page);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`--report: cannot write to ${report}: ${systemReason(error)}`);
  } finally {
    closeSync(file.fd);
  }
}

function reportFromJournal(db: DatabaseSync, run: RunRow, { options, flags }: {
  options: RunOptions;
  flags: Record<string, unknown>;
}): ReportData {
  // A journal does not keep workers, so all tasks are on one, with as many lanes as there were tasks at once.
  let now: Told | undefined;
  const recorder = new Recorder({
    begun: 0,
    concurrency: Infinity,
    originOf: () => ({ number: now!.line, line: now!.input }),
    workers: () => [1],
  });
  const { retries, pauses, pausedMs, breaks, last } = replay(
    db,
    { started: run.started, failures: true },
    (told) => {
      now = told;
      recorder.settled({ ...told, index: told.line - 1, workerId: 1, at: told.time });
    },
  );
  recorder.finish();
  const finished = run.finished ?? last;
  const facts = {
    target: targetName(namesOf(options)),
    started: run.started,
    finished,
    wallMs: Math.max(0, finished - run.started - pausedMs),
    exitCode: null,
    counts: { before: { ok: 0, failed: 0 }, left: 0, unread: run.finished === null, retries },
    sums: sumsIn(db),
    sessions: sessionIds(db).length,
    options: chosenOptions(options),
    flags: flagRows(flags),
    loops: undefined,
  };
  // 0, because a journal does not keep the number of slots.
  return { ...reportOf(recorder, facts, { concurrency: 0, breaks }), journal: { pauses, pausedMs } };
}
