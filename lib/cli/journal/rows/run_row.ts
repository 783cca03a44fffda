/**
 * The row of a journal with the options and the module of the run.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { z } from "npm:zod@4.6.7";
import { UserError } from "../../user_error.ts";
import { isBlank, type Journal, unreadable } from "../file/journal_file.ts";
import { malformed, rowSum } from "./checksum.ts";
import { countRows, sessionIds, SessionWriter } from "./sessions.ts";

/** Of the tables and what is in them. */
const VERSION = 3;

const schema = z.object({
  /** The flags of the command line as JSON, with absolute paths. */
  options: z.string(),
  /** The module's URL. */
  module: z.string(),
  fingerprint: z.string(),
  /** Times are milliseconds since 1970. */
  started: z.number(),
  /** When the last input had an outcome. */
  finished: z.number().nullable(),
});

/** The one row of `run`. */
export type RunRow = z.output<typeof schema>;

/**
 * Whether a run has begun in this journal.
 *
 * @throws {UserError} if another version of polyloop wrote it
 */
export function hasRun(db: DatabaseSync, path: string): boolean {
  try {
    if (isBlank(db)) return false;
    const version = db.prepare("SELECT version FROM run").get()?.version;
    if (version === undefined) {
      const { chunks, failures } = countRows(db);
      if (chunks + failures + sessionIds(db).length > 0) throw malformed("run");
      return false;
    }
    if (version === VERSION) return true;
    throw new UserError(
      `${path} was written by another version of polyloop (journal format ${version}; this version writes ${VERSION}). ` +
        "Resume with that version, or start the run again with another --journal",
    );
  } catch (error) {
    throw error instanceof UserError ? error : unreadable(path, error);
  }
}

/** @throws if the row is not as it was written */
export function readRunRow(db: DatabaseSync): RunRow {
  const row = db.prepare("SELECT options, module, fingerprint, started, finished, sum FROM run").get();
  const parsed = schema.safeParse(row);
  if (!parsed.success || sumOf(parsed.data) !== row?.sum) throw malformed("checksum");
  return parsed.data;
}

/** Writes the run's row, in place of the one that may be there. */
export function writeRunRow(db: DatabaseSync, row: RunRow): void {
  const { options, module, fingerprint, started, finished } = row;
  db.prepare("INSERT OR REPLACE INTO run VALUES (1, ?, ?, ?, ?, ?, ?, ?)")
    .run(VERSION, options, module, fingerprint, started, finished, sumOf(row));
}

/**
 * Writes down what is run now, and that a session of it begins.
 *
 * @throws {UserError} if that cannot be done
 */
export function beginRun({ db, path }: Journal, run: Omit<RunRow, "finished">): SessionWriter {
  try {
    db.exec("BEGIN");
    writeRunRow(db, { ...run, finished: null });
    const session = new SessionWriter(db, run);
    db.exec("COMMIT");
    // Into the file itself: a copy of it without its log can be gone on with, too.
    db.exec("PRAGMA wal_checkpoint");
    return session;
  } catch (error) {
    throw new UserError(`Cannot write to the journal ${path}: ${(error as Error).message}`);
  }
}

function sumOf({ options, module, fingerprint, started, finished }: RunRow): number {
  return rowSum([VERSION, options, module, fingerprint, started, finished]);
}
