/** Reads and writes the row of `run`: what is run, and since when. */

import type { DatabaseSync } from "node:sqlite";
import type { z } from "npm:zod@4.6.7";
import { UserError } from "../../user_error.ts";
import { isBlank, type Journal, readable } from "../file/journal_file.ts";
import { runColumns, VERSION } from "../schema.ts";
import { checksumOf, malformed } from "./checksum.ts";
import { countRows, sessionIds, SessionWriter } from "./sessions.ts";

export type RunRow = z.output<typeof runColumns>;

/** Whether a run has begun in this journal. @throws {UserError} if another version of polyloop wrote it, or if it is damaged */
export function hasRun(db: DatabaseSync, path: string): boolean {
  return readable(path, () => {
    if (isBlank(db)) return false;
    const version = db.prepare("SELECT version FROM run").get()?.version;
    if (version === undefined) {
      const { segments, failures } = countRows(db);
      if (segments + failures + sessionIds(db).length > 0) throw malformed("run");
      return false;
    }
    if (version === VERSION) return true;
    throw new UserError(
      `${path} was written by another version of polyloop (journal format ${version}; this version writes ${VERSION}). ` +
        "Resume with that version, or start the run again with another --journal",
    );
  });
}

/** @throws {Error} "malformed …" if the row is not as it was written */
export function readRunRow(db: DatabaseSync): RunRow {
  const row = db.prepare("SELECT options, module, fingerprint, started, finished, sum FROM run").get();
  const parsed = runColumns.safeParse(row);
  if (!parsed.success || sumOf(parsed.data) !== row?.sum) throw malformed("checksum");
  return parsed.data;
}

export function writeRunRow(db: DatabaseSync, row: RunRow): void {
  const { options, module, fingerprint, started, finished } = row;
  db.prepare("INSERT OR REPLACE INTO run VALUES (1, ?, ?, ?, ?, ?, ?, ?)")
    .run(VERSION, options, module, fingerprint, started, finished, sumOf(row));
}

/** Writes what is run from now on, and begins a session. @throws {UserError} if the journal cannot be written */
export function beginRun({ db, path }: Journal, run: Omit<RunRow, "finished">): SessionWriter {
  try {
    db.exec("BEGIN");
    writeRunRow(db, { ...run, finished: null });
    const session = new SessionWriter(db, run);
    db.exec("COMMIT");
    // Into the file itself, so that a copy of it without SQLite's log can be resumed, too.
    db.exec("PRAGMA wal_checkpoint");
    return session;
  } catch (error) {
    throw new UserError(`Cannot write to the journal ${path}: ${(error as Error).message}`);
  }
}

function sumOf({ options, module, fingerprint, started, finished }: RunRow): number {
  return checksumOf([VERSION, options, module, fingerprint, started, finished]);
}
