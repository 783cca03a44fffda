/** Locks a journal, so that a second `run` or `resume` cannot use it, also by another name. */

import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { UserError } from "../../user_error.ts";
import { openDatabase } from "./sqlite.ts";

/**
 * How long to wait for `status` in another process, which holds the lock for a moment, in milliseconds. A guess: shorter, a
 * `status` on a busy machine makes a run fail; longer, a second `run` takes long to be refused.
 */
export const STATUS_TIMEOUT = 500;

/** How long to wait for `status` in another process, which reads the whole journal, in milliseconds. A guess. */
const READ_TIMEOUT = 5_000;

/**
 * Takes the lock of the journal in `file`, which the user calls `path`. The lock is a file beside the journal, so that
 * `status` can read the journal itself. A process that uses another name of the same file has another lock; so this also
 * checks that no process has the journal itself open.
 *
 * @returns the database of the lock; closing it releases the lock
 * @throws {UserError} if another process runs the journal
 */
export function takeLock(file: string, path: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    lock = openDatabase(lockOf(file));
    lock.exec(`PRAGMA busy_timeout = ${STATUS_TIMEOUT}; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE`);
    if (statSync(file, { throwIfNoEntry: false })?.size) checkUnused(file);
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

/** @throws {Error} "… locked" if another process has the journal itself open */
function checkUnused(file: string): void {
  const db = openDatabase(file);
  try {
    db.exec(
      `PRAGMA busy_timeout = ${READ_TIMEOUT}; PRAGMA locking_mode = EXCLUSIVE; SELECT count(*) FROM sqlite_schema`,
    );
  } finally {
    db.close();
  }
}

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
