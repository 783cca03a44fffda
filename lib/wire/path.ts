/**
 * The path from a value to a part of it, so that an error can be taken out on one side and put back on the other.
 *
 * @module
 */

import { hasOwn, setOwn } from "./intrinsics.ts";

/** The keys on the way to a part: keys of objects, numbers of elements of arrays and of entries of maps. */
export type Path = (string | number)[];

/** The last step of a path, with those before it: a chain, because most paths are never asked for. */
export interface Step {
  before: Step | undefined;
  at: string | number;
  /** How many steps there are. */
  depth: number;
}

/** One step further. */
export function stepFrom(before: Step | undefined, at: string | number): Step {
  return { before, at, depth: before === undefined ? 1 : before.depth + 1 };
}

/** The path that ends with this step. */
export function pathTo(last: Step | undefined): Path {
  const path: Path = [];
  // From the end, by assignments: a task may replace `reverse()`.
  let step = last;
  for (let length = last?.depth ?? 0; step !== undefined; step = step.before) path[--length] = step.at;
  return path;
}

/** Puts a value where a path leads to. Does nothing where the path leads nowhere. */
export function putAt(root: unknown, path: Path, value: unknown): void {
  let at = root;
  for (let k = 0; k < path.length; k++) {
    if (typeof at !== "object" || at === null) return;
    const isLast = k === path.length - 1;
    const key = path[k];
    if (at instanceof Map) {
      const [mapKey, inner] = [...at][key as number] ?? [];
      if (isLast) at.set(mapKey, value);
      at = inner;
    } else {
      if (!hasOwn(at, key)) return;
      if (isLast) setOwn(at, key, value);
      else at = (at as Record<string, unknown>)[key];
    }
  }
}
