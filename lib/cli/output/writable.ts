/**
 * Checks whether a file can be written, by opening it. `access` is not enough: Deno answers from the file's mode alone, which
 * says nothing about a superuser, further groups, or a read-only disk.
 *
 * @module
 */

import { closeSync, constants, openSync, unlinkSync } from "node:fs";
import { statsOf } from "../stats_of.ts";
import { pathOfFile } from "../stdio/stdio.ts";
import { realPath } from "../real_path.ts";

/**
 * Opens a file for writing and closes it. Its content stays, and a file that did not exist does not exist afterwards.
 *
 * @throws the system's error if it cannot be written
 */
export function tryToWrite(path: string): void {
  const stats = statsOf(pathOfFile(path));
  if (stats?.isDirectory()) throw Object.assign(new Error("EISDIR: it is a folder"), { code: "EISDIR" });
  if (!stats) return makeAndRemove(realPath(path));
  // The reader of a pipe would take the close for the end of data; a device is opened by the run alone, too.
  if (stats.isFile()) closeSync(openSync(pathOfFile(path), constants.O_WRONLY));
}

/** A file that somebody else makes at the same time is theirs. */
function makeAndRemove(path: string): void {
  closeSync(openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o666));
  unlinkSync(path);
}
