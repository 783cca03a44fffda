/**
 * Writes the page of `polyloop status --report`.
 *
 * @module
 */

import { closeSync, writeSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { type RunRow, unreadable } from "../journal/journal_file.ts";
import { keptFlags, optionsOf } from "../journal/kept_options.ts";
import { systemReason, UserError } from "../user_error.ts";
import type { ReportData } from "./facts.ts";
import { reportFromJournal } from "./from_journal.ts";
import { pageOf } from "./html.ts";
import { emptyReports, openBeside } from "./report_files.ts";

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
  const file = openBeside(report, path);
  try {
    let bytes = new TextEncoder().encode(pageOf(read(db, run, path)));
    emptyReports({ report: file });
    while (bytes.length > 0) bytes = bytes.subarray(writeSync(file.fd, bytes));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`--report: cannot write to ${report}: ${systemReason(error)}`);
  } finally {
    closeSync(file.fd);
  }
}

function read(db: DatabaseSync, run: RunRow, path: string): ReportData {
  const { cwd: _, ...flags } = keptFlags(run.options, path);
  const options = optionsOf(flags);
  try {
    return reportFromJournal(db, run, options);
  } catch (error) {
    throw unreadable(path, error);
  }
}
