/**
 * Finds the path by which a journal is opened. SQLite keeps the log of the newest changes beside the path that was opened.
 * So a journal stores that path, and is opened by it also if the user gives another one: a hard link, or a mount.
 */

import { realpathSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { isSameFile, statsOf } from "../../basics/paths.ts";
import { UserError } from "../../user_error.ts";
import { openDatabase } from "./sqlite.ts";

export interface Home {
  /** The path by which it is opened. */
  file: string;
  /** The journal of which this one is a copy, made without the log that is beside that journal. */
  copyOf?: string;
}

/** Where the journal is that the user calls `path`. @throws {UserError} if the journal was moved without its log */
export function homeOf(path: string): Home {
  const stats = statsOf(path);
  if (!stats) return { file: path };
  const file = realpathSync(path);
  const home = readHome(file);
  if (home === undefined || home === file) return { file };
  const there = statsOf(home);
  if (isSameFile(there, stats)) return { file: home };
  if (hasLog(file) || !hasLog(home)) return { file };
  if (there) return { file, copyOf: home };
  throw new UserError(
    `${path} was moved without ${home}-wal, which holds its newest outcomes. Move that file to ${file}-wal first`,
  );
}

export function keepHome(db: DatabaseSync, file: string): void {
  if (db.prepare("SELECT path FROM home").get()?.path === file) return;
  db.prepare("DELETE FROM home").run();
  db.prepare("INSERT INTO home VALUES (1, ?)").run(file);
  // Into the file itself: a process that opens the file by another path sees no log.
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

function readHome(file: string): string | undefined {
  let db: DatabaseSync | undefined;
  try {
    const url = pathToFileURL(file);
    url.search = "?immutable=1";
    db = openDatabase(url, { readOnly: true });
    return db.prepare("SELECT path FROM home").get()?.path as string | undefined;
  } catch {
    // The file is no journal, or damaged. Opening it says which.
    return undefined;
  } finally {
    db?.close();
  }
}

function hasLog(file: string): boolean {
  return (statsOf(`${file}-wal`)?.size ?? 0) > 0;
}
