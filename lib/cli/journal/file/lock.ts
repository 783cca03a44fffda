/**
 * Locks a journal, so that a second `run` or `resume` cannot use it, also by another name.
 *
 * @module
 */

import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { UserError } from "../../user_error.ts";
import { openDatabase } from "./sqlite.ts";

/** How long a look that another process takes is waited for, in milliseconds. */
export const PATIENCE = 500;

/** How long `status` of another process, which has the file open, is waited for, in milliseconds. */
const READERS = 5_000;

/**
 * Takes the lock of the journal in `file`, which the user calls `path`. It is in a file beside the journal, so that
 * `status` can read the journal itself. A process that came by another name of the same file has another file beside
 * it; so it is made sure that nobody has the journal itself open, too.
 *
 * @throws {UserError} if another process has it
 */
export function takeLock(file: string, path: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    lock = openDatabase(lockOf(file));
    // `status` looks at the lock for a moment.
    lock.exec(`PRAGMA busy_timeout = ${PATIENCE}; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE`);
    if (statSync(file, { throwIfNoEntry: false })?.size) tryAlone(file);
    return lock;
  } catch (error) {
    lock?.close();
    const { message } = error as Error;
    if (!message.includes("locked")) throw error;
    throw new UserError(
      `${path} is in use by another polyloop process (polyloop status ${path} shows its progress)`,
    );
  }
}

/** Locks the file itself for a moment by SQLite. Fails while another process has it open. */
function tryAlone(file: string): void {
  const db = openDatabase(file);
  try {
    db.exec(
      `PRAGMA busy_timeout = ${READERS}; PRAGMA locking_mode = EXCLUSIVE; SELECT count(*) FROM sqlite_schema`,
    );
  } finally {
    db.close();
  }
}

/** Whether a process runs the journal in `file`. */
export function isRunning(file: string): boolean {
  if (!statSync(lockOf(file), { throwIfNoEntry: false })) return false;
  try {
    const lock = openDatabase(lockOf(file), { readOnly: true });
    lock.exec("PRAGMA busy_timeout = 0; BEGIN; SELECT count(*) FROM sqlite_schema");
    lock.close();
    return false;
  } catch {
    return true;
  }
}

function lockOf(file: string): string {
  return `${file}-lock`;
}
