/**
 * Whether a file could be written, found out by trying. To ask for it (`access`) is not enough: what Deno answers is made of
 * the file's mode alone, which says nothing of a superuser, of further groups, or of a disk that is read-only.
 *
 * @module
 */

import { closeSync, constants, openSync, statSync, unlinkSync } from "node:fs";
import { pathOfFile } from "../stdio/stdio.ts";
import { realPath } from "../real_path.ts";

/**
 * Opens a file and closes it again; what is in it stays there, and one that is not there is not there afterwards.
 *
 * @throws the system's error if it cannot be written
 */
export function tryToWrite(path: string): void {
  const stats = statSync(pathOfFile(path), { throwIfNoEntry: false });
  if (stats?.isDirectory()) throw Object.assign(new Error("EISDIR: it is a folder"), { code: "EISDIR" });
  if (!stats) return makeAndRemove(realPath(path));
  // Whoever reads a pipe would take this for its end; a device is opened by the run alone, too.
  if (stats.isFile()) closeSync(openSync(pathOfFile(path), constants.O_WRONLY));
}

/** A file that somebody else makes at the same time is theirs. */
function makeAndRemove(path: string): void {
  closeSync(openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o666));
  unlinkSync(path);
}
