/** The place of a part in a value, in the notation of a program: `input.items[3].when`. */

import { JSON, matches } from "./intrinsics.ts";

/** A place: a chain from the inside outwards, because most places are never printed. Undefined stands for the value itself. */
export interface Place {
  in: Place | undefined;
  /** A key, or the call that returns the part: a part of a Map or a Set has no key. */
  at: string | number | { call: string };
}

const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** Returns the text after the name of the value: `.items[3]`; empty for the value itself. */
export function pathOf(place: Place | undefined): string {
  if (!place) return "";
  const before = pathOf(place.in);
  if (typeof place.at === "object") return `${before}.${place.at.call}`;
  if (typeof place.at === "number") return `${before}[${place.at}]`;
  return matches(NAME, place.at) ? `${before}.${place.at}` : `${before}[${JSON.stringify(place.at)}]`;
}

/** Returns the key of an array element as a number, and any other key unchanged. */
export function elementKey(key: string): string | number {
  return +key >= 0 ? +key : key;
}

/** Returns the place of an element of a Set, or of a Map's value whose key is neither text nor a number. */
export function elementOf(place: Place | undefined): Place {
  return { in: place, at: { call: "values()" } };
}
