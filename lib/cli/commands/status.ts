/**
 * `polyloop status`: how far the run in a journal is, from the journal alone; the run may go on meanwhile.
 *
 * @module
 */

import { ExitCode } from "../run/exit_code.ts";
import { readWhole } from "../journal/damage.ts";
import { type ReadJournal, readJournal, unreadable } from "../journal/file/journal_file.ts";
import { keptFlags } from "../journal/kept_options.ts";
import { resumeCommand } from "../journal/resume_command.ts";
import { hasRun, type RunRow } from "../journal/rows/run_row.ts";
import { readStatus, type RunStatus } from "../journal/status/run_status.ts";
import { printText } from "../progress/terminal.ts";
import { UserError } from "../user_error.ts";
import { statusText } from "../journal/status/status_text.ts";

/** What the user asked for. */
interface StatusOptions {
  journal: string;
  json: boolean;
  /** Where a page is written to that shows the run. */
  report: string | undefined;
}

/** Prints the state of a run. */
export async function status({ journal: path, json, report }: StatusOptions): Promise<ExitCode> {
  const journal = readJournal(path);
  const { db } = journal;
  const { run, found } = read(journal, path);
  if (report !== undefined) {
    const { writeJournalReport } = await import("../report/journal_report.ts");
    writeJournalReport({ db, run, path, report });
  }
  db.close();
  const resume = found.state === "stopped" ? resumeCommand(path, keptFlags(run.options, path)) : undefined;
  printText(json ? `${JSON.stringify({ ...found, resume }, null, 2)}\n` : statusText(found, resume));
  return ExitCode.ok;
}

/** Everything in one transaction, so that the figures belong together. */
function read({ db, running }: ReadJournal, path: string): { run: RunRow; found: RunStatus } {
  try {
    db.exec("BEGIN");
    if (!hasRun(db, path)) throw new UserError(`${path} holds no run yet`);
    const { run, sessions } = readWhole(db, path);
    if (sessions.length === 0) {
      throw new UserError(
        `${path} does not say which process ran it last. To go on: polyloop resume ${path}`,
      );
    }
    return { run, found: readStatus({ db, run, sessions, running, now: Date.now() }) };
  } catch (error) {
    throw error instanceof UserError ? error : unreadable(path, error);
  }
}
