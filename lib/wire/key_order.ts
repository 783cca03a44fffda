/**
 * Restores the order of columns whose names are whole numbers. JavaScript objects list such keys first. The main thread
 * and the workers sort them in the order of the header.
 */

/** Matches a key that JavaScript takes for an array index. */
const WHOLE_NUMBER = /^(?:0|[1-9]\d{0,9})$/;

/** Returns the header's names if an object with these keys would list them in another order. */
export function orderToKeep(names: string[] | undefined): string[] | undefined {
  if (!names?.some((name) => WHOLE_NUMBER.test(name))) return undefined;
  const kept = Object.keys(Object.fromEntries(names.map((name) => [name, 0])));
  return kept.every((name, at) => name === names[at]) ? undefined : names;
}

/**
 * Returns keys in the order of the header. A whole number that is a column follows the column before it. All other keys
 * keep the task's order.
 */
export function inHeaderOrder(keys: string[], header: string[]): string[] {
  const present = new Set(keys);
  const isMoved = (name: string) => WHOLE_NUMBER.test(name);
  /** The moved keys, by the column before them; undefined for the first columns. */
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
