/**
 * The journal of a run that begins. Loaded only where there is one.
 *
 * @module
 */

import { fingerprint } from "../../fingerprint.ts";
import { type Journal, openJournal, readRun, writeRun } from "../journal/journal_file.ts";
import { keepFlags, keptFlags } from "../journal/kept_options.ts";
import { resumeCommand } from "../journal/resume_command.ts";
import type { ModuleReference } from "../module_reference.ts";
import { UserError } from "../user_error.ts";

/** A journal in which nothing stands yet. */
export interface NewJournal {
  journal: Journal;
  /** Writes down what is run; from then on the run can be resumed. */
  begin(): void;
}

/**
 * Opens it.
 *
 * @throws {UserError} if it cannot be had, holds a run already, or cannot keep these flags
 */
export function newJournal(
  path: string,
  { reference }: { reference: ModuleReference },
  flags: Record<string, unknown>,
): NewJournal {
  // Before anything is written.
  const kept = keepFlags(flags, reference);
  const journal = openJournal(path, { create: true });
  const row = readRun(journal.db, path);
  if (row) {
    const goOn = resumeCommand(path, keptFlags(row.options, path));
    throw new UserError(`--journal: ${path} holds a run already; go on with it: ${goOn}`);
  }
  return {
    journal,
    begin() {
      writeRun(journal, {
        options: kept,
        module: reference.url,
        fingerprint: fingerprint(reference.url),
        started: Date.now(),
      });
    },
  };
}
