/** Resolves and compares paths. A path need not exist. */

import { readlinkSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";

/** Endings of the files that SQLite and the journal's lock make beside a journal. */
export const BESIDE_JOURNAL = ["-wal", "-shm", "-journal", "-lock"];

/** Maximum number of links to follow, as on Linux. */
const MOST_LINKS = 40;

/**
 * Returns the state of the file at a path. Undefined if there is none, or if the system refuses the access: a part of
 * the path is a file, links form a circle, or a name is too long. The reason appears when the file is opened. Runtimes
 * differ in which of these cases `throwIfNoEntry` covers.
 */
export function statsOf(path: string): Stats | undefined {
  return orUndefined(() => statSync(path));
}

/**
 * Whether both are states of the same file, regardless of its paths. On NTFS, the number of a file may be too large for JavaScript,
 * which then has the same number for several files. Their times of creation differ.
 */
export function isSameFile(one: Stats | undefined, other: Stats | undefined): boolean {
  if (one === undefined || one.dev !== other?.dev || one.ino !== other.ino) return false;
  return Number.isSafeInteger(one.ino) || !(Math.abs(Number(one.birthtime) - Number(other.birthtime)) > 0);
}

/** Returns the absolute path. `-` (stdin or stdout) stays unchanged. */
export function absolutePath(path: string): string {
  return path === "-" ? path : resolve(path);
}

/** Returns the path without links in its folders. Its own link is resolved even if the target does not exist yet. */
export function realPath(path: string): string {
  let at = resolve(path);
  for (let links = 0; links < MOST_LINKS; links++) {
    const found = orUndefined(() => realpathSync(at));
    if (found !== undefined) return found;
    const folder = dirname(at);
    if (folder === at) return at;
    const real = join(realPath(folder), basename(at));
    const target = orUndefined(() => readlinkSync(real));
    if (target === undefined) return real;
    at = resolve(dirname(real), target);
  }
  return at;
}

export function isWithin(folder: string, path: string): boolean {
  const way = relative(realPath(folder), realPath(path));
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function orUndefined<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
