/**
 * Resolves the links of a path, also if the file does not exist yet.
 *
 * @module
 */

import { readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";

/** As many links as Linux follows. */
const MOST_LINKS = 40;

/** The path without links: those of its folders, and one of its own that leads to a file which is still to be made. */
export function realPath(path: string): string {
  let at = resolve(path);
  for (let links = 0; links < MOST_LINKS; links++) {
    const found = realOf(at);
    if (found !== undefined) return found;
    const folder = dirname(at);
    if (folder === at) return at;
    const real = join(realPath(folder), basename(at));
    const target = linkOf(real);
    if (target === undefined) return real;
    at = resolve(dirname(real), target);
  }
  return at;
}

/** Whether a path leads to a file in this folder, or in one below it. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(realPath(folder), realPath(path));
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** What a link says; undefined for anything else. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
