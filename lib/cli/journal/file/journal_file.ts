/**
 * The journal as a file: one SQLite database with the run, its sessions and the final outcome of every input. It opens
 * only what is a journal, and only where no other process runs it.
 *
 * @module
 */

import { closeSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { statsOf } from "../../paths.ts";
import { systemReason, UserError } from "../../user_error.ts";
import { type Home, homeOf, keepHome } from "./home.ts";
import { isRunning, PATIENCE, takeLock } from "./lock.ts";
import { openDatabase } from "./sqlite.ts";

/** Stands in the file's header: "poly". */
const APPLICATION = 0x706f6c79;

// Ids are the order of writing. No index on the keys: a run that resumes reads them all once anyway.
const SCHEMA = `
CREATE TABLE run (
  id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, options TEXT NOT NULL, module TEXT NOT NULL,
  fingerprint TEXT NOT NULL, started INTEGER NOT NULL, finished INTEGER, sum INTEGER NOT NULL
);
CREATE TABLE chunks (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, count INTEGER NOT NULL, sum INTEGER NOT NULL,
  entries BLOB NOT NULL, results BLOB NOT NULL
);
CREATE TABLE failures (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, hash BLOB NOT NULL, occurrence INTEGER NOT NULL,
  line INTEGER NOT NULL, attempts INTEGER NOT NULL, ms REAL NOT NULL, error TEXT, input TEXT, sum INTEGER NOT NULL
);
CREATE TABLE sessions (
  id INTEGER PRIMARY KEY, begun TEXT NOT NULL, progress TEXT NOT NULL, sum INTEGER NOT NULL
);
CREATE TABLE home (id INTEGER PRIMARY KEY CHECK (id = 1), path TEXT NOT NULL);`;

/**
 * A journal segment of short results is a hundred kilobytes: pages larger than SQLite's own take a quarter off its time.
 * Much larger ones would be written for a few outcomes too, again and again where tasks are slow.
 */
const PAGE = 8_192;

/** So many pages may be in the log before they are copied into the file: 16 MB, which takes some ten milliseconds. */
const LOG = 2_048;

/** A journal that this process runs. */
export interface Journal {
  /** As the user gave it. */
  readonly path: string;
  /** The name by which it is open, from the root. */
  readonly file: string;
  readonly db: DatabaseSync;
  /** Held, not used: when the process ends, however it does, the lock ends with it. */
  readonly lock: DatabaseSync;
  /** Whether the file is still there, and the same. */
  isInPlace(): boolean;
}

/** A journal to look at. */
export interface ReadJournal {
  db: DatabaseSync;
  /** Whether a process runs it. */
  running: boolean;
}

/**
 * Opens a journal to write to, made where there is none and `create` says so. `say` is told what the user should know.
 *
 * @throws {UserError} if it cannot be, is something else, or another process has it
 */
export function openJournal(
  path: string,
  { create, say }: { create: boolean; say: (line: string) => void },
): Journal {
  checkFile(path, create);
  const opened: DatabaseSync[] = [];
  try {
    const home = homeOf(path);
    const lock = takeLock(home.file, path);
    opened.push(lock);
    const db = openDatabase(home.file);
    opened.unshift(db);
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
    const file = realpathSync(home.file);
    // A journal of another version has no place for it, and is refused when its run is read.
    if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'home'").get()) keepHome(db, file);
    sayCopy(path, home, say);
    const { dev, ino } = statSync(file);
    const isInPlace = () => {
      const now = statSync(file, { throwIfNoEntry: false });
      return now?.dev === dev && now.ino === ino;
    };
    return { path, file, db, lock, isInPlace };
  } catch (error) {
    for (const db of opened) db.close();
    if (error instanceof UserError) throw error;
    throw unreadable(path, error, `Cannot use ${path} as a journal`);
  }
}

function sayCopy(path: string, { copyOf }: Home, say: (line: string) => void): void {
  if (copyOf === undefined) return;
  say(
    `polyloop: ${path} is a copy of ${copyOf} without ${
      basename(copyOf)
    }-wal, which holds the newest outcomes. ` +
      "Inputs of these outcomes run again",
  );
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
export function readJournal(path: string): ReadJournal {
  checkFile(path, false);
  const { file } = homeOf(path);
  try {
    const url = pathToFileURL(realpathSync(file));
    // Without a log beside it nobody has it open, so it needs no files beside it to be read: they would be left
    // behind, and may not be allowed there.
    if (!statSync(`${file}-wal`, { throwIfNoEntry: false })) url.search = "?immutable=1";
    return { db: openDatabase(url, { readOnly: true }), running: isRunning(file) };
  } catch (error) {
    throw new UserError(`Cannot read ${path}: ${(error as Error).message}`);
  }
}

/** Why a journal cannot be used: because it is damaged, or for a reason of the system's. */
export function unreadable(path: string, error: unknown, otherwise = `Cannot read ${path}`): UserError {
  const reason = (error as Error).message.replace(/\s+/g, " ");
  if (!/malformed|not a database|no such (table|column)|unsupported file format/.test(reason)) {
    return new UserError(`${otherwise}: ${reason}`);
  }
  return new UserError(
    `${path} is damaged (${reason}). Use a backup, or start the run again with another --journal`,
  );
}

/** Nothing is in it yet, or no more. */
export function isBlank(db: DatabaseSync): boolean {
  return db.prepare("SELECT count(*) AS count FROM sqlite_schema").get()!.count === 0;
}

/** What is said of a journal that was made and has nothing in it. */
export function noRun(path: string): UserError {
  return new UserError(`${path} holds no run: it was stopped before it began, so start it again`);
}

/** Whether the file is a journal, or may become one. */
function checkFile(path: string, create: boolean): void {
  try {
    const stats = create ? statsOf(path) : statSync(path);
    if (!stats) {
      if (statsOf(dirname(path))?.isDirectory()) return;
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
