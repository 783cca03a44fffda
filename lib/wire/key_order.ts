/**
 * Restores the order of columns whose names are whole numbers, which JavaScript objects put first. The main thread and the
 * workers sort such keys as the header does.
 *
 * @module
 */

/** What JavaScript takes for an array's index. */
const WHOLE_NUMBER = /^(?:0|[1-9]\d{0,9})$/;

/** The names of a header, if an object with these keys has them in another order. */
export function orderToKeep(names: string[] | undefined): string[] | undefined {
  if (!names?.some((name) => WHOLE_NUMBER.test(name))) return undefined;
  const kept = Object.keys(Object.fromEntries(names.map((name) => [name, 0])));
  return kept.every((name, at) => name === names[at]) ? undefined : names;
}

/**
 * Keys as a header has them: a whole number that is a column stands behind the column before it. All others stay in
 * the order that the task gave them.
 */
export function inHeaderOrder(keys: string[], header: string[]): string[] {
  const present = new Set(keys);
  const isMoved = (name: string) => WHOLE_NUMBER.test(name);
  /** By the key before them; those without one stand first. */
  const moved = new Map<string | undefined, string[]>();
  const columns = new Set<string>();
  let anchor: string | undefined;
  for (const name of header) {
    if (!present.has(name)) continue;
    if (!isMoved(name)) {
      anchor = name;
      continue;
    }
    columns.add(name);
    if (!moved.has(anchor)) moved.set(anchor, []);
    moved.get(anchor)!.push(name);
  }
  if (columns.size === 0) return keys;
  const others = keys.filter((key) => !columns.has(key));
  return [...moved.get(undefined) ?? [], ...others.flatMap((key) => [key, ...moved.get(key) ?? []])];
}
