/** The position of the worker that runs the tasks with a key. It comes from a hash, because a table would need a row per key. */

/** The position, below `workers`, for the tasks with this key. FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/). */
export function positionOf(key: string | number, workers: number): number {
  const text = String(key);
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) % workers;
}
