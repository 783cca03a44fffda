/**
 * `polyloop status`: how far the run in a journal is, from the journal alone; the run may go on meanwhile.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { ExitCode } from "../exit_code.ts";
import { isRunning, readJournal, readRun, type RunRow, unreadable } from "../journal/journal_file.ts";
import { keptFlags } from "../journal/kept_options.ts";
import { resumeCommand } from "../journal/resume_command.ts";
import { readStatus, type RunStatus } from "../journal/run_status.ts";
import { firstLine, formatCount, formatTime, plural } from "../progress/format.ts";
import { printText } from "../progress/terminal.ts";
import { UserError } from "../user_error.ts";

/** What the user asked for. */
interface StatusOptions {
  journal: string;
  json: boolean;
  /** Where a page is written to that shows the run. */
  report: string | undefined;
}

/** Prints the state of a run. */
export async function status({ journal: path, json, report }: StatusOptions): Promise<ExitCode> {
  const db = readJournal(path);
  const run = readRun(db, path);
  if (!run) throw new UserError(`${path} holds no run yet`);
  const found = read(db, run, path);
  if (report !== undefined) {
    const { writeJournalReport } = await import("../report/journal_report.ts");
    writeJournalReport({ db, run, path, report });
  }
  db.close();
  const resume = found.state === "stopped" ? resumeCommand(path, keptFlags(run.options, path)) : undefined;
  printText(json ? `${JSON.stringify({ ...found, resume }, null, 2)}\n` : asText(found, resume));
  return ExitCode.ok;
}

function read(db: DatabaseSync, run: RunRow, path: string): RunStatus {
  try {
    return readStatus(db, run, isRunning(path));
  } catch (error) {
    throw unreadable(path, error);
  }
}

function asText(status: RunStatus, resume: string | undefined): string {
  const { state, done, ok, failed, rate, ms, slowest, errors, meanRate } = status;
  const lines = [
    `${state}: ${plural(done, "input")} done, ${formatCount(ok)} ok, ${formatCount(failed)} failed`,
  ];
  if (rate > 0) {
    lines.push(`${formatCount(rate)}/s in its last minute, ${formatCount(meanRate)}/s on the whole`);
  }
  if (ms) {
    const times = Object.entries(ms).map(([name, time]) => `${name} ${formatTime(time)}`);
    lines.push(`times: ${times.join(", ")}`);
  }
  if (slowest.length > 0) {
    lines.push("slowest:", ...slowest.map(({ line, ms }) => `  line ${line}: ${formatTime(ms)}`));
  }
  if (errors.length > 0) {
    lines.push(
      "errors:",
      ...errors.map(({ name, message, count, line }) =>
        `  ${formatCount(count)} × ${firstLine(name)}: ${firstLine(message)}  (line ${line} first)`
      ),
    );
  }
  if (resume) lines.push(`to go on: ${resume}`);
  return lines.join("\n") + "\n";
}
