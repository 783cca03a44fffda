/** Opens and closes the file of a journal. It opens only what is a journal, and only if no other process runs it. */

import { closeSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { checkWritable } from "../../output/writable.ts";
import { isSameFile, statsOf } from "../../basics/paths.ts";
import { systemReason, UserError } from "../../user_error.ts";
import { APPLICATION_ID, TABLES } from "../schema.ts";
import { type Home, homeOf, keepHome } from "./home.ts";
import { isRunning, STATUS_TIMEOUT, takeLock } from "./lock.ts";
import { openDatabase } from "./sqlite.ts";

/** The first four bytes of every SQLite file: "SQLi". */
const SQLITE = 0x53514c69;

/**
 * Size of the file's pages, in bytes. SQLite writes page by page, and copies its log into the file page by page. Pages of
 * 4 kB, its default, take 0.15 s more CPU time for a million lines. They also take twice as long, because SQLite waits for the disk
 * four times as often. Pages of 64 kB save nothing more, and make an outcome that is written alone slower.
 */
const PAGE_SIZE = 16_384;

/**
 * Length of the log at which SQLite copies it into the file within a transaction, in pages. It waits for the disk meanwhile. A
 * guess: four times what is written between two copies by the thread of `checkpoints.ts`, which then leaves little to copy.
 */
const LOG_PAGES = 4_000;

export interface Journal {
  /** The path as the user gave it. */
  readonly path: string;
  /** The absolute path by which the file is open. */
  readonly file: string;
  readonly db: DatabaseSync;
  /** The lock. The system releases it when the process ends, in whatever way. */
  readonly lock: DatabaseSync;
  /** Whether the file still exists, and is the one that was opened. */
  isInPlace(): boolean;
}

/** A journal that is only read. */
export interface ReadJournal {
  db: DatabaseSync;
  running: boolean;
}

/**
 * Opens a journal for writing.
 *
 * @param options `create`: whether to make the file if it does not exist. `say`: prints a line for the user.
 * @throws {UserError} if the file cannot be opened, is no journal, or is in use by another process
 */
export function openJournal(
  path: string,
  { create, say }: { create: boolean; say: (line: string) => void },
): Journal {
  checkFile(path, create);
  const databases: DatabaseSync[] = [];
  try {
    const home = homeOf(path);
    const lock = takeLock(home.file, path);
    databases.push(lock);
    const db = openDatabase(home.file);
    databases.unshift(db);
    // `status` may read the journal while it is made.
    db.exec(`PRAGMA busy_timeout = ${STATUS_TIMEOUT}`);
    // Not by the file's size: SQLite may just have rolled back a half-written transaction.
    if (isBlank(db)) {
      if (!create) throw noRun(path);
      // Before WAL is on, so that id and tables are in the file itself at once, and not in the log.
      db.exec(
        `PRAGMA page_size = ${PAGE_SIZE}; BEGIN; PRAGMA application_id = ${APPLICATION_ID}; ${TABLES} COMMIT`,
      );
    }
    db.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${LOG_PAGES}`,
    );
    const file = realpathSync(home.file);
    // A journal of another version may lack this table. It is refused when its run is read.
    if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'home'").get()) keepHome(db, file);
    sayCopy(path, home, say);
    const opened = statSync(file);
    const isInPlace = () => isSameFile(statsOf(file), opened);
    return { path, file, db, lock, isInPlace };
  } catch (error) {
    for (const db of databases) db.close();
    if (error instanceof UserError) throw error;
    // SQLite does not say why it cannot open a file. The system does.
    checkWritable(create ? "--journal" : "resume", path);
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

/** Closes a journal. Its file is left, and the empty file of the lock. */
export function closeJournal({ db, lock }: Journal): void {
  try {
    db.close();
    lock.close();
  } catch {
    // The disk is full. The outcomes that were written stay in the journal.
  }
}

/** Opens a journal for reading, also while a process runs it. @throws {UserError} if the file cannot be read, or is no journal */
export function readJournal(path: string): ReadJournal {
  checkFile(path, false);
  const { file } = homeOf(path);
  try {
    const url = pathToFileURL(realpathSync(file));
    // Without a log, no process has the file open. With `immutable`, SQLite makes no files beside it: they would remain,
    // and the folder may be read-only.
    if (!statSync(`${file}-wal`, { throwIfNoEntry: false })) url.search = "?immutable=1";
    return { db: openDatabase(url, { readOnly: true }), running: isRunning(file) };
  } catch (error) {
    throw new UserError(`Cannot read ${path}: ${(error as Error).message}`);
  }
}

/** The error of a journal that cannot be used: it is damaged, or the system says why. `otherwise` begins the second. */
export function unreadable(path: string, error: unknown, otherwise = `Cannot read ${path}`): UserError {
  const reason = (error as Error).message.replace(/\s+/g, " ");
  if (!/malformed|not a database|no such (table|column)|unsupported file format/.test(reason)) {
    return new UserError(`${otherwise}: ${reason}`);
  }
  return new UserError(
    `${path} is damaged (${reason}). Use a backup, or start the run again with another --journal`,
  );
}

/** Returns what `read` returns. @throws {UserError} if it throws: the journal at `path` cannot be read */
export function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof UserError ? error : unreadable(path, error);
  }
}

export function isBlank(db: DatabaseSync): boolean {
  return db.prepare("SELECT count(*) AS count FROM sqlite_schema").get()!.count === 0;
}

/** The error of a journal that was made, but in which no run has begun. */
export function noRun(path: string): UserError {
  return new UserError(`${path} holds no run, because the run was stopped before it began: start it again`);
}

/** @throws {UserError} if the file is no journal and, with `create`, cannot become one */
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

/** Whether the file's header is that of a journal. SQLite is not asked, because it may change a file that it opens. */
function isJournal(path: string): boolean {
  const header = new DataView(new ArrayBuffer(72));
  const fd = openSync(path, "r");
  const length = readSync(fd, header);
  closeSync(fd);
  return length === 72 && header.getUint32(0) === SQLITE && header.getUint32(68) === APPLICATION_ID;
}
