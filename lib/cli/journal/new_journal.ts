/** The journal of a new run. Loaded only if `--journal` is given. */

import { fingerprint } from "../../fingerprint.ts";
import { readWhole } from "./damage.ts";
import { closeJournal, type Journal, openJournal } from "./file/journal_file.ts";
import { keepFlags, keptFlags } from "./kept_options.ts";
import { resumeCommand } from "./resume_command.ts";
import { beginRun, hasRun } from "./rows/run_row.ts";
import type { SessionWriter } from "./rows/sessions.ts";
import { isOnceOnly } from "../input/files/once_only.ts";
import type { ModuleReference } from "../task/module_reference.ts";
import type { RunOptions } from "../flags/options.ts";
import { printLine } from "../progress/terminal.ts";
import { UserError } from "../user_error.ts";

export interface NewJournal {
  journal: Journal;
  begin(): SessionWriter;
}

/**
 * Opens the journal of a new run.
 *
 * @param path the value of `--journal`
 * @param flags the flags of the run, which the journal keeps
 * @throws {UserError} if the file cannot be opened, contains a run already, or cannot keep these flags
 */
export function newJournal(
  path: string,
  { options, reference }: { options: RunOptions; reference: ModuleReference },
  flags: Record<string, unknown>,
): NewJournal {
  // Before the file is made, because it may throw.
  const kept = keepFlags(flags, reference);
  const journal = openJournal(path, { create: true, say: printLine });
  try {
    refuseRun(journal, path);
  } catch (error) {
    closeJournal(journal);
    throw error;
  }
  const once = options.args === undefined ? options.input.find(isOnceOnly) : undefined;
  if (once !== undefined) {
    printLine(
      `polyloop: ${once} can be read only once. To resume this run, give its inputs again: ` +
        `${resumeCommand(path, { args: [] })} -i FILE`,
    );
  }
  return {
    journal,
    begin() {
      return beginRun(journal, {
        options: kept,
        module: reference.url,
        fingerprint: fingerprint(reference.url),
        started: Date.now(),
      });
    },
  };
}

function refuseRun({ db }: Journal, path: string): void {
  if (!hasRun(db, path)) return;
  const { run } = readWhole(db, path);
  const goOn = resumeCommand(path, keptFlags(run.options, path));
  throw new UserError(`--journal: ${path} already contains a run. To go on: ${goOn}`);
}
