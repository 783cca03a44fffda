/**
 * Looks at a file that may not be there.
 *
 * @module
 */

import { type Stats, statSync } from "node:fs";

/**
 * What a path leads to. Undefined if there is nothing, or if it cannot be looked at (a part of the path is a file, links in
 * a circle, a long name): opening it tells why. Runtimes differ in which of these `throwIfNoEntry` covers.
 */
export function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
