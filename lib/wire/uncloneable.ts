/**
 * Which part of a value cannot be cloned: as an error, and how to find it where only the platform knows.
 *
 * @module
 */

import { MisfitError } from "../errors.ts";
import { isArray, keysOf } from "./intrinsics.ts";
import { elementKey, elementOf, pathOf, type Place } from "./place.ts";

const { isView } = ArrayBuffer;
const { structuredClone } = globalThis;

/** The place of what the platform could not clone, in a value that has been looked at: a proxy, for one. */
export function findUncloneable(
  value: unknown,
  moved: readonly unknown[] | undefined,
  cause: unknown,
): MisfitError {
  let found: Found = { place: undefined, value };
  try {
    found = uncloneableIn(found, new Set(moved));
  } catch {
    // It throws when it is read.
  }
  const words = cause instanceof Error ? cause.message.replace(/\.$/, "") : String(cause);
  const mayBeProxy = !isView(found.value) && !(found.value instanceof ArrayBuffer);
  const advice = mayBeProxy ? "; if it is a Proxy, a copy of it can" : "";
  return misfit(found.place, `cannot be cloned (${words})${advice}`, undefined, cause);
}

/** The error of a part that cannot cross. */
export function misfit(
  place: Place | undefined,
  what: string,
  instead?: string,
  cause?: unknown,
): MisfitError {
  return new MisfitError({ place: pathOf(place), what, instead, cause });
}

/** A part of a value. */
interface Found {
  place: Place | undefined;
  value: unknown;
}

/** The innermost part that cannot be cloned by itself. */
function uncloneableIn(found: Found, moved: Set<unknown>): Found {
  const { place, value } = found;
  if (typeof value !== "object" || value === null) return found;
  const inside = value instanceof Map ? [...value.values()] : value instanceof Set ? [...value] : undefined;
  for (const key of keysOf(inside ?? value)) {
    const field = ((inside ?? value) as Record<string, unknown>)[key];
    if (typeof field !== "object" || field === null || moved.has(field) || isCloneable(field)) continue;
    const at = isArray(value) ? elementKey(key) : key;
    return uncloneableIn({ place: inside ? elementOf(place) : { in: place, at }, value: field }, moved);
  }
  return found;
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
