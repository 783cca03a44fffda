/**
 * Finds the name that is most similar to a mistyped one, for "Did you mean …?". Loaded only after a mistake.
 *
 * @module
 */

import { distance } from "npm:fastest-levenshtein@1.0.16";

/**
 * Returns ` (did you mean "workers"?)`, or an empty text if no name is similar. As in commander, two letters in five
 * may differ.
 */
export function didYouMean(word: string, names: string[]): string {
  let best: { name: string; away: number } | undefined;
  for (const name of names) {
    const away = distance(word.toLowerCase(), name.toLowerCase());
    if (away < (best?.away ?? Infinity)) best = { name, away };
  }
  if (!best || best.away > 3 || best.away / Math.max(word.length, best.name.length) > 0.4) return "";
  return ` (did you mean "${best.name}"?)`;
}
