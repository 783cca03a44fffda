/** `polyloop status`: shows the state of a run, even while it runs. Reads only its journal. */

import { ExitCode } from "../run/exit_code.ts";
import { readWhole } from "../journal/damage.ts";
import { readable, type ReadJournal, readJournal } from "../journal/file/journal_file.ts";
import { named } from "../../distributed/broker/labels.ts";
import { keptFlags } from "../journal/kept_options.ts";
import { resumeCommand } from "../journal/resume_command.ts";
import { hasRun, type RunRow } from "../journal/rows/run_row.ts";
import { readStatus, type RunStatus } from "../journal/status/run_status.ts";
import { printText } from "../progress/terminal.ts";
import { UserError } from "../user_error.ts";
import { statusText } from "../journal/status/status_text.ts";

interface StatusOptions {
  journal: string;
  json: boolean;
  report: string | undefined;
}

/** Prints the state of a run. @throws {UserError} if the journal cannot be read, or holds no run */
export async function status({ journal: path, json, report }: StatusOptions): Promise<ExitCode> {
  const journal = readJournal(path);
  const { db } = journal;
  const now = Date.now();
  const { run, found } = read(journal, path, now);
  if (report !== undefined) {
    const { writeJournalReport } = await import("../report/journal_report.ts");
    writeJournalReport({ db, run, path, report });
  }
  db.close();
  const flags = keptFlags(run.options, path);
  const resume = found.state === "stopped" ? resumeCommand(path, flags) : undefined;
  // A config may have a single label as a text.
  const on = [flags.on ?? []].flat().map(String);
  const { priority = 0 } = flags;
  printText(
    json
      ? `${JSON.stringify({ ...found, on, priority, resume }, null, 2)}\n`
      : statusText(found, resume, now) + workersText(on, priority),
  );
  return ExitCode.ok;
}

/** What the run asks of workers on other machines. */
function workersText(on: string[], priority: unknown): string {
  const labels = on.length > 0 ? [`on workers with ${named(on)}`] : [];
  const others = priority === 0 ? [] : [`priority ${priority}`];
  return labels.length + others.length > 0 ? `${[...labels, ...others].join(", ")}\n` : "";
}

/** Reads in one transaction, so that all figures belong to the same moment: `now`. */
function read({ db, running }: ReadJournal, path: string, now: number): { run: RunRow; found: RunStatus } {
  return readable(path, () => {
    db.exec("BEGIN");
    if (!hasRun(db, path)) throw new UserError(`${path} holds no run yet`);
    const { run, sessions } = readWhole(db, path);
    if (sessions.length === 0) {
      throw new UserError(
        `${path} does not say which process ran it last. To go on: polyloop resume ${path}`,
      );
    }
    return { run, found: readStatus({ db, run, sessions, running, now }) };
  });
}
