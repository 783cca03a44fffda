/**
 * Where in a value something is, as a program would write it: `input.items[3].when`.
 *
 * @module
 */

/** A place: a chain from the inside outwards, because most are never asked for. Undefined is the value itself. */
export interface Place {
  in: Place | undefined;
  /** A key, or the call that gets it: what a Map or a Set holds has no key. */
  at: string | number | { call: string };
}

/** The place as it follows the name of the value: `.items[3]`, or nothing. */
export function pathOf(place: Place | undefined): string {
  if (!place) return "";
  const before = pathOf(place.in);
  if (typeof place.at === "object") return `${before}.${place.at.call}`;
  if (typeof place.at === "number") return `${before}[${place.at}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(place.at)
    ? `${before}.${place.at}`
    : `${before}[${JSON.stringify(place.at)}]`;
}

/** Where an element of an array is, or what has a name beside its elements. */
export function elementKey(key: string): string | number {
  return +key >= 0 ? +key : key;
}

/** Where an element of a Set is, or a value of a Map under no simple key. */
export function elementOf(place: Place | undefined): Place {
  return { in: place, at: { call: "values()" } };
}
