/** Suggests a name for a mistyped one. Loaded only after a mistake. */

import { similar } from "../../executor/options/nearest.ts";

/** Returns ` (did you mean "workers"?)`, or an empty text if no name is similar. */
export function didYouMean(word: string, names: string[]): string {
  const name = similar(word, names);
  return name === undefined ? "" : ` (did you mean "${name}"?)`;
}
