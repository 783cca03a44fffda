/**
 * The place of a part in a value, as a program would write it: `input.items[3].when`.
 *
 * @module
 */

/** A place: a chain from the inside outwards, because most places are never written. Undefined is the value itself. */
export interface Place {
  in: Place | undefined;
  /** A key, or the call that gets the part: a part of a Map or a Set has no key. */
  at: string | number | { call: string };
}

/** The text that follows the name of the value: `.items[3]`; empty for the value itself. */
export function pathOf(place: Place | undefined): string {
  if (!place) return "";
  const before = pathOf(place.in);
  if (typeof place.at === "object") return `${before}.${place.at.call}`;
  if (typeof place.at === "number") return `${before}[${place.at}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(place.at)
    ? `${before}.${place.at}`
    : `${before}[${JSON.stringify(place.at)}]`;
}

/** The key of an element of an array, as a number; that of another property, as it is. */
export function elementKey(key: string): string | number {
  return +key >= 0 ? +key : key;
}

/** The place of an element of a Set, or of a value of a Map whose key is no text or number. */
export function elementOf(place: Place | undefined): Place {
  return { in: place, at: { call: "values()" } };
}
