/**
 * "Did you mean …?": the name that a mistyped one is most like. Loaded only once something is wrong.
 *
 * @module
 */

import { distance } from "npm:fastest-levenshtein@1.0.16";

/** ` (did you mean "workers"?)`, or nothing where no name is near: as commander has it, two letters in five may differ. */
export function didYouMean(word: string, names: string[]): string {
  let best: { name: string; away: number } | undefined;
  for (const name of names) {
    const away = distance(word.toLowerCase(), name.toLowerCase());
    if (away < (best?.away ?? Infinity)) best = { name, away };
  }
  if (!best || best.away > 3 || best.away / Math.max(word.length, best.name.length) > 0.4) return "";
  return ` (did you mean "${best.name}"?)`;
}
