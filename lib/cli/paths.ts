/**
 * Paths: what they lead to, and how they are compared. A path need not exist.
 *
 * @module
 */

import { readlinkSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";

/** Maximum number of links to follow, as on Linux. */
const MOST_LINKS = 40;

/**
 * What a path leads to. Undefined if there is nothing, or if the system refuses to look: a part of the path is a file, links
 * form a circle, or a name is too long. Opening the file tells the reason. Runtimes differ in which of these
 * `throwIfNoEntry` covers.
 */
export function statsOf(path: string): Stats | undefined {
  return orUndefined(() => statSync(path));
}

/** Whether both are states of one file, whatever its paths. */
export function isSameFile(one: Stats | undefined, other: Stats | undefined): boolean {
  return one !== undefined && one.dev === other?.dev && one.ino === other.ino;
}

/** The path from the root, so that it holds in any folder. `-`, which is stdin or stdout, stays. */
export function absolutePath(path: string): string {
  return path === "-" ? path : resolve(path);
}

/** The path without links: those of its folders, and its own, also if that leads to a file that does not exist yet. */
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

/** Whether a path leads to a file in this folder, or in a folder below it. */
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
