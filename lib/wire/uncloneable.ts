/** Makes the error for a part of a value that cannot be sent. If only the platform can tell which part this is, searches for it. */

import { MisfitError } from "../errors.ts";
import { isArray, keysOf } from "./intrinsics.ts";
import { isOutputList } from "./many.ts";
import { elementKey, elementOf, pathOf, type Place } from "./place.ts";

const { isView } = ArrayBuffer;
const { structuredClone } = globalThis;

/** Returns the error for a part that the platform could not clone, such as a proxy, with its place. */
export function findUncloneable(
  value: unknown,
  moved: readonly unknown[] | undefined,
  cause: unknown,
): MisfitError {
  let found: Found = { place: undefined, value };
  try {
    found = uncloneableIn(found, new Set(moved));
  } catch {
    // A getter threw. The innermost place that was found so far is kept.
  }
  const words = cause instanceof Error ? cause.message.replace(/\.$/, "") : String(cause);
  const mayBeProxy = !isView(found.value) && !(found.value instanceof ArrayBuffer);
  const advice = mayBeProxy ? "; if it is a Proxy, a copy of it can" : "";
  return misfit(found.place, `cannot be cloned (${words})${advice}`, undefined, cause);
}

/** Returns the error for a part that cannot be sent, with its place. */
export function misfit(
  place: Place | undefined,
  what: string,
  instead?: string,
  cause?: unknown,
): MisfitError {
  return new MisfitError({ place: pathOf(place), what, instead, cause });
}

interface Found {
  place: Place | undefined;
  value: unknown;
}

/** Returns the innermost part that cannot be cloned by itself. */
function uncloneableIn(found: Found, moved: Set<unknown>): Found {
  const { place, value } = found;
  if (typeof value !== "object" || value === null) return found;
  const inside = value instanceof Map ? [...value.values()] : value instanceof Set ? [...value] : undefined;
  for (const key of keysOf(inside ?? value)) {
    const field = ((inside ?? value) as Record<string, unknown>)[key];
    if (typeof field !== "object" || field === null || moved.has(field) || isCloneable(field)) continue;
    return uncloneableIn(
      { place: inside ? elementOf(place) : placeOf(key, value, place), value: field },
      moved,
    );
  }
  return found;
}

function placeOf(key: string, value: object, place: Place | undefined): Place | undefined {
  if (!isArray(value)) return { in: place, at: key };
  return isOutputList(value) ? place : { in: place, at: elementKey(key) };
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
