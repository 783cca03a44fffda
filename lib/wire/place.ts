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

/** The place after the name of the value: `result.items[3]`. */
export function pathOf(root: string, place: Place | undefined): string {
  if (!place) return root;
  const before = pathOf(root, place.in);
  if (typeof place.at === "object") return `${before}.${place.at.call}`;
  if (typeof place.at === "number") return `${before}[${place.at}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(place.at)
    ? `${before}.${place.at}`
    : `${before}[${JSON.stringify(place.at)}]`;
}
