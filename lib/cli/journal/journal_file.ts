/**
 * The journal as a file: one SQLite database with the run and the final outcome of every input. It opens
 * only what is a journal, and only where no other process runs it.
 *
 * @module
 */

import { closeSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { systemReason, UserError } from "../user_error.ts";
import { countOutcomes } from "./chunk_store.ts";

/** Stands in the file's header: "poly". */
const APPLICATION = 0x706f6c79;

const VERSION = 2;

// Ids are the order of writing. No index on the keys: a run that resumes reads them all once anyway.
const SCHEMA = `
CREATE TABLE run (
  id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, options TEXT NOT NULL, module TEXT NOT NULL,
  fingerprint TEXT NOT NULL, started INTEGER NOT NULL, finished INTEGER
);
CREATE TABLE chunks (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, count INTEGER NOT NULL, sum INTEGER NOT NULL,
  entries BLOB NOT NULL, results BLOB NOT NULL
);
CREATE TABLE failures (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, hash BLOB NOT NULL, occurrence INTEGER NOT NULL,
  line INTEGER NOT NULL, attempts INTEGER NOT NULL, ms REAL NOT NULL, error TEXT, input TEXT
);`;

/**
 * A chunk of short results is a hundred kilobytes: pages larger than SQLite's own take a quarter off its time. Much
 * larger ones would be written for a few outcomes too, again and again where tasks are slow.
 */
const PAGE = 8_192;

/** So many pages may be in the log before they are copied into the file: 16 MB, which takes some ten milliseconds. */
const LOG = 2_048;

/** How long a look that another process takes is waited for, in milliseconds. */
const PATIENCE = 500;

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

/** A run that has begun. */
export interface KeptRun extends RunRow {
  /** How many inputs have an outcome. */
  done: number;
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
  checkFile(path, create);
  const lock = takeLock(path);
  try {
    const db = new DatabaseSync(path);
    // `status` may look at it just as it is made.
    db.exec(`PRAGMA busy_timeout = ${PATIENCE}`);
    // SQLite is asked, and not the file's size: it may just have taken back what was half-written.
    if (isBlank(db)) {
      if (!create) throw noRun(path);
      // The mark goes in before WAL is on, so that it is in the file itself at once, and with it the tables.
      const mark = `PRAGMA application_id = ${APPLICATION}`;
      db.exec(`PRAGMA page_size = ${PAGE}; BEGIN; ${mark}; ${SCHEMA} COMMIT`);
    }
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${LOG}`);
    return { path, db, lock };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw unreadable(path, error, `Cannot use ${path} as a journal`);
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
    const file = realpathSync(path);
    const url = pathToFileURL(file);
    // Without a log beside it nobody has it open, so it needs no files beside it to be read: they would be left
    // behind, and may not be allowed there.
    if (!statSync(`${file}-wal`, { throwIfNoEntry: false })) url.search = "?immutable=1";
    return new DatabaseSync(url, { readOnly: true });
  } catch (error) {
    throw new UserError(`Cannot read ${path}: ${(error as Error).message}`);
  }
}

/** The run that a journal holds, if it has begun. */
export function readRun(db: DatabaseSync, path: string): KeptRun | undefined {
  try {
    if (isBlank(db)) return undefined;
    const row = db.prepare("SELECT version, options, module, fingerprint, started, finished FROM run").get();
    if (!row) return undefined;
    if (row.version !== VERSION) {
      throw new UserError(`${path} was written by another version of polyloop (format ${row.version})`);
    }
    return { ...row, done: countOutcomes(db) } as unknown as KeptRun;
  } catch (error) {
    throw error instanceof UserError ? error : unreadable(path, error);
  }
}

/** Why a journal cannot be used: because it is damaged, or for a reason of the system's. */
export function unreadable(path: string, error: unknown, otherwise = `Cannot read ${path}`): UserError {
  const reason = (error as Error).message.replace(/\s+/g, " ");
  if (!/malformed|not a database|no such (table|column)/.test(reason)) {
    return new UserError(`${otherwise}: ${reason}`);
  }
  return new UserError(
    `${path} is damaged (${reason}): take a copy from before, or start the run again with another --journal`,
  );
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

/** Nothing is in it yet, or no more. */
function isBlank(db: DatabaseSync): boolean {
  return db.prepare("SELECT count(*) AS count FROM sqlite_schema").get()!.count === 0;
}

/** What is said of a journal that was made and has nothing in it. */
export function noRun(path: string): UserError {
  return new UserError(`${path} holds no run: it was stopped before it began, so start it again`);
}

/** Whether the file is a journal, or may become one. */
function checkFile(path: string, create: boolean): void {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats) {
      if (!create) throw new UserError(`Cannot read ${path}: no such file`);
      if (statSync(dirname(path), { throwIfNoEntry: false })) return;
      throw new UserError(`--journal: cannot write to ${path}: no such folder: ${dirname(path)}`);
    }
    if (stats.isFile() && (create && stats.size === 0 || isJournal(path))) return;
    if (stats.isFile() && stats.size === 0) throw noRun(path);
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
    const lock = new DatabaseSync(lockOf(path));
    // `status` looks at the lock for a moment.
    lock.exec(`PRAGMA busy_timeout = ${PATIENCE}; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE`);
    return lock;
  } catch (error) {
    const { message } = error as Error;
    if (!message.includes("locked")) throw new UserError(`Cannot use ${path} as a journal: ${message}`);
    throw new UserError(
      `${path} is in use: another polyloop is running it (polyloop status ${path} shows how far)`,
    );
  }
}

/** One journal has one lock, also where links lead to it. */
function lockOf(path: string): string {
  const file = statSync(path, { throwIfNoEntry: false }) ? realpathSync(path) : path;
  return `${file}-lock`;
}

/** Whether a process runs the journal. */
export function isRunning(path: string): boolean {
  if (!statSync(lockOf(path), { throwIfNoEntry: false })) return false;
  try {
    const lock = new DatabaseSync(lockOf(path), { readOnly: true });
    lock.exec("PRAGMA busy_timeout = 0; BEGIN; SELECT count(*) FROM sqlite_schema");
    lock.close();
    return false;
  } catch {
    return true;
  }
}
