/** What the tasks of a run have counted by `context.count`, in all sessions of the run, and its text for people. */

import { Sums } from "../../executor/basics/sums.ts";
import { firstLine, formatAmount, plural } from "./format.ts";

export type SumsByName = Readonly<Record<string, number>>;

export interface ShownSums {
  counts: SumsByName;
  spent: SumsByName;
}

export class RunSums {
  readonly #counts = new Sums();
  readonly #before: readonly SumsByName[];
  readonly #spent: () => SumsByName;

  /**
   * @param spent returns what the attempts of this session have counted
   * @param before what those of earlier sessions have counted
   */
  constructor(spent: () => SumsByName = () => ({}), before: readonly SumsByName[] = []) {
    this.#spent = spent;
    this.#before = before;
  }

  /** Adds what the attempt that gave an outcome has counted, in this session or an earlier one. */
  add(counts: SumsByName): void {
    this.#counts.addAll(counts);
  }

  read(): ShownSums {
    const spent = new Sums();
    for (const sums of [...this.#before, this.#spent()]) spent.addAll(sums);
    return { counts: this.#counts.toRecord(), spent: spent.toRecord() };
  }
}

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
