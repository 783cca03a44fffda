/**
 * Writes the page of `polyloop status --report`.
 *
 * @module
 */

import { closeSync, writeSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { unreadable } from "../journal/file/journal_file.ts";
import type { RunRow } from "../journal/rows/run_row.ts";
import { type Flags, keptFlags, optionsOf } from "../journal/kept_options.ts";
import type { RunOptions } from "../flags/options.ts";
import { refuseAsReport } from "../output/file_roles.ts";
import { systemReason, UserError } from "../user_error.ts";
import type { ReportData } from "./report_data.ts";
import { reportFromJournal } from "./from_journal.ts";
import { pageOf } from "./html.ts";
import { emptyReports, openReport } from "./report_files.ts";

/** What is written, and where. */
interface JournalReport {
  db: DatabaseSync;
  run: RunRow;
  /** The journal's. */
  path: string;
  report: string;
}

/**
 * Writes it.
 *
 * @throws {UserError} if the journal cannot be read, or the page not written
 */
export function writeJournalReport({ db, run, path, report }: JournalReport): void {
  const flags = withoutFolder(keptFlags(run.options, path));
  const options = optionsOf(flags);
  if (report === "" || report === "-") throw new UserError(`--report: expected a file, got "${report}"`);
  refuseAsReport(report, path, { files: options, module: run.module, input: options.input });
  const file = openReport(report);
  try {
    let bytes = new TextEncoder().encode(pageOf(read({ db, run, path, options, flags })));
    emptyReports({ report: file });
    while (bytes.length > 0) bytes = bytes.subarray(writeSync(file.fd, bytes));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`--report: cannot write to ${report}: ${systemReason(error)}`);
  } finally {
    closeSync(file.fd);
  }
}

function withoutFolder({ cwd: _, ...flags }: Flags): Flags {
  return flags;
}

function read(
  { db, run, path, options, flags }: {
    db: DatabaseSync;
    run: RunRow;
    path: string;
    options: RunOptions;
    flags: Flags;
  },
): ReportData {
  try {
    return reportFromJournal(db, run, { options, flags });
  } catch (error) {
    throw unreadable(path, error);
  }
}
