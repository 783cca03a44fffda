/** Formats the sums of a run for people. */

import { firstLine, formatAmount, plural } from "./format.ts";
import type { ShownSums, SumsByName } from "./run_sums.ts";

/** Maximum number of sums that are named. A guess: more would fill a screen. */
const NAMED = 10;

/** Maximum length of a name, in characters. A guess: as long as a name of a figure is. */
const LONGEST = 40;

/** The sums of a run: `tokens 812, usd 0.3`. If attempts without an outcome counted, too: `…; in all attempts: tokens 900, usd 0.3`. */
export function sumsText({ counts, spent }: ShownSums): string {
  const [ofOutcomes, ofAll] = [namedSums(counts), namedSums(spent)];
  if (ofAll === ofOutcomes) return ofOutcomes;
  return ofOutcomes === ""
    ? `none of an outcome; in all attempts: ${ofAll}`
    : `${ofOutcomes}; in all attempts: ${ofAll}`;
}

function namedSums(sums: SumsByName): string {
  const all = sumTexts(sums);
  const rest = all.length - NAMED;
  return [...all.slice(0, NAMED), ...(rest > 0 ? [`and ${plural(rest, "more sum")}`] : [])].join(", ");
}

export function sumTexts(sums: SumsByName, digits?: number): string[] {
  return Object.entries(sums).map(([name, amount]) =>
    `${firstLine(isPlain(name) ? name : JSON.stringify(name), LONGEST)} ${formatAmount(amount, digits)}`
  );
}

/** Whether a name needs no quotes: it has blanks only between words, and nothing that separates sums. */
function isPlain(name: string): boolean {
  return /^[^\s,;:"]+( [^\s,;:"]+)*$/.test(name);
}
