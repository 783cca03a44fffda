/** The path from a value to one of its parts. An error is taken out of the value on one side, and put back on the other. */

import { hasOwn, setOwn } from "./intrinsics.ts";

/** The keys on the way to a part: keys of objects, indexes of array elements, and numbers of map entries. */
export type Path = (string | number)[];

/** The last step of a path, linked to the steps before it. A chain, because most paths are never read. */
export interface Step {
  before: Step | undefined;
  at: string | number;
  depth: number;
}

export function stepFrom(before: Step | undefined, at: string | number): Step {
  return { before, at, depth: before === undefined ? 1 : before.depth + 1 };
}

export function pathTo(last: Step | undefined): Path {
  const path: Path = [];
  // From the end and by assignments, because a task may replace `reverse()`.
  let step = last;
  for (let length = last?.depth ?? 0; step !== undefined; step = step.before) path[--length] = step.at;
  return path;
}

/** Sets the value at a path. Does nothing if the path does not exist. */
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
