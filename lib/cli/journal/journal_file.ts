/**
 * The journal as a file: one SQLite database with the run and the final outcome of every input. It opens
 * only what is a journal, and only where no other process runs it.
 *
 * @module
 */

import { closeSync, openSync, readSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { systemReason, UserError } from "../user_error.ts";

/** Stands in the file's header: "poly". */
const APPLICATION = 0x706f6c79;

const VERSION = 1;

// The id is the order of writing. No index on the hash: it would cost more than all else, and a run that
// resumes reads the table once anyway.
const SCHEMA = `
CREATE TABLE run (
  id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, options TEXT NOT NULL, module TEXT NOT NULL,
  fingerprint TEXT NOT NULL, started INTEGER NOT NULL, finished INTEGER
);
CREATE TABLE inputs (
  id INTEGER PRIMARY KEY, hash BLOB NOT NULL, occurrence INTEGER NOT NULL, idx INTEGER NOT NULL,
  line INTEGER NOT NULL, ok INTEGER NOT NULL, attempts INTEGER NOT NULL, ms REAL NOT NULL, at INTEGER NOT NULL,
  result TEXT, error TEXT, input TEXT
);`;

/** The one row of `run`. */
export interface RunRow {
  version: number;
  /** The flags of the command line as JSON, with absolute paths. */
  options: string;
  /** The module's URL. */
  module: string;
  fingerprint: string;
  /** Times are milliseconds since 1970. */
  started: number;
  /** When the last input had an outcome. */
  finished: number | null;
}

/** A journal that this process runs. */
export interface Journal {
  /** As the user gave it. */
  readonly path: string;
  readonly db: DatabaseSync;
  /** Held, not used: when the process ends, however it does, the lock ends with it. */
  readonly lock: DatabaseSync;
}

/**
 * Opens a journal to write to, made where there is none and `create` says so.
 *
 * @throws {UserError} if it cannot be, is something else, or another process has it
 */
export function openJournal(path: string, { create }: { create: boolean }): Journal {
  const isNew = checkFile(path, create);
  const lock = takeLock(path);
  try {
    const db = new DatabaseSync(path);
    // The mark goes in before WAL is on, so that it is in the file itself at once.
    if (isNew) db.exec(`PRAGMA application_id = ${APPLICATION}; BEGIN; ${SCHEMA} COMMIT`);
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 8000");
    return { path, db, lock };
  } catch (error) {
    throw new UserError(`Cannot use ${path} as a journal: ${(error as Error).message}`);
  }
}

/** Closes it, so that one file is left and the empty one of the lock. */
export function closeJournal({ db, lock }: Journal): void {
  try {
    db.close();
    lock.close();
  } catch {
    // On a full disk; what is in the journal stays in it.
  }
}

/**
 * Opens a journal to look at; the run may go on meanwhile.
 *
 * @throws {UserError} if it is none
 */
export function readJournal(path: string): DatabaseSync {
  checkFile(path, false);
  try {
    return new DatabaseSync(path, { readOnly: true });
  } catch (error) {
    throw new UserError(`Cannot read ${path}: ${(error as Error).message}`);
  }
}

/** The run that a journal holds, if it has begun. */
export function readRun(db: DatabaseSync, path: string): RunRow | undefined {
  let row;
  try {
    row = db.prepare("SELECT version, options, module, fingerprint, started, finished FROM run").get();
  } catch (error) {
    throw new UserError(`Cannot read ${path}: ${(error as Error).message}`);
  }
  if (row && row.version !== VERSION) {
    throw new UserError(`${path} was written by another version of polyloop (format ${row.version})`);
  }
  return row as unknown as RunRow | undefined;
}

/** Writes the run's row, in place of the one that may be there. */
export function writeRun({ db, path }: Journal, run: Omit<RunRow, "version" | "finished">): void {
  try {
    db.prepare("INSERT OR REPLACE INTO run VALUES (1, ?, ?, ?, ?, ?, NULL)")
      .run(VERSION, run.options, run.module, run.fingerprint, run.started);
  } catch (error) {
    throw new UserError(`Cannot write to the journal ${path}: ${(error as Error).message}`);
  }
}

/** Whether the file has yet to be made. */
function checkFile(path: string, create: boolean): boolean {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats) {
      if (!create) throw new UserError(`Cannot read ${path}: no such file`);
      if (statSync(dirname(path), { throwIfNoEntry: false })) return true;
      throw new UserError(`--journal: cannot write to ${path}: no such folder: ${dirname(path)}`);
    }
    if (stats.isFile() && (create && stats.size === 0 || isJournal(path))) return stats.size === 0;
    if (stats.isFile() && stats.size === 0) {
      throw new UserError(`${path} holds no run: it was stopped before it began, so start it again`);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`Cannot read ${path}: ${systemReason(error)}`);
  }
  throw new UserError(`${path} is not a journal of polyloop`);
}

/** By the header of the file; SQLite itself may change what it opens. */
function isJournal(path: string): boolean {
  const header = new DataView(new ArrayBuffer(72));
  const fd = openSync(path, "r");
  const length = readSync(fd, header);
  closeSync(fd);
  return length === 72 && header.getUint32(0) === 0x53514c69 && header.getUint32(68) === APPLICATION;
}

/** In a file beside it, so that `status` can read the journal itself. */
function takeLock(path: string): DatabaseSync {
  try {
    const lock = new DatabaseSync(`${path}-lock`);
    // `status` looks at the lock for a moment.
    lock.exec("PRAGMA busy_timeout = 500; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    const { message } = error as Error;
    if (!message.includes("locked")) throw new UserError(`Cannot use ${path} as a journal: ${message}`);
    throw new UserError(
      `${path} is in use: another polyloop is running it (polyloop status ${path} shows how far)`,
    );
  }
}

/** Whether a process runs the journal. */
export function isRunning(path: string): boolean {
  if (!statSync(`${path}-lock`, { throwIfNoEntry: false })) return false;
  try {
    const lock = new DatabaseSync(`${path}-lock`, { readOnly: true });
    lock.exec("PRAGMA busy_timeout = 0; BEGIN; SELECT count(*) FROM sqlite_schema");
    lock.close();
    return false;
  } catch {
    return true;
  }
}
