/**
 * Opens files for writing, or checks that this would succeed. The check opens the file, because permissions alone say nothing about
 * a superuser or a read-only file system.
 */

import { closeSync, constants, existsSync, openSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { realPath, statsOf } from "../basics/paths.ts";
import { pathOfFile } from "../stdio/stdio.ts";
import { systemReason, UserError } from "../user_error.ts";

/**
 * Opens the file that a flag (`--output`) names, and returns its descriptor. Its content stays: nothing is lost before every
 * check has passed.
 *
 * @throws {UserError} if it cannot be written
 */
export function openToWrite(flag: string, path: string): number {
  try {
    return openSync(pathOfFile(path), constants.O_WRONLY | constants.O_CREAT, 0o666);
  } catch (error) {
    throw cannotWrite(flag, path, error);
  }
}

/**
 * Opens the file that a flag names and closes it. Its content stays, and a file that did not exist does not exist afterwards.
 *
 * @throws {UserError} if it cannot be written
 */
export function checkWritable(flag: string, path: string): void {
  try {
    tryToWrite(path);
  } catch (error) {
    throw cannotWrite(flag, path, error);
  }
}

function tryToWrite(path: string): void {
  const stats = statsOf(pathOfFile(path));
  if (stats?.isDirectory()) throw Object.assign(new Error("EISDIR: it is a folder"), { code: "EISDIR" });
  if (!stats) return makeAndRemove(realPath(path));
  // Only files: the reader of a pipe would take the close for the end of the data.
  if (stats.isFile()) closeSync(openSync(pathOfFile(path), constants.O_WRONLY));
}

/** Makes a file and removes it. What is there already is only opened: a device such as NUL, or another program's new file. */
function makeAndRemove(path: string): void {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o666));
  } catch (error) {
    if ((error as { code?: string }).code !== "EEXIST") throw error;
    return closeSync(openSync(path, constants.O_WRONLY));
  }
  unlinkSync(path);
}

function cannotWrite(flag: string, path: string, error: unknown): UserError {
  const noFolder = (error as { code?: string }).code === "ENOENT" && !existsSync(dirname(path));
  const reason = noFolder ? `no such folder: ${dirname(path)}` : systemReason(error);
  return new UserError(`${flag}: cannot write to ${path}: ${reason}`);
}
