/** Writes the results of a run into the benchmark's page, in the place of the last ones. */

/** The results of all rows. */
export interface Results {
  /** The machine, the versions and the number of rounds. */
  head: string;
  table: string;
  /** The figures from which the table was computed. */
  details: string;
}

/** The lines between which the page has the results. */
const [BEGIN, END] = ["<!-- results of deno task bench --write -->", "<!-- end of the results -->"];

/** Writes results between the two marks of a page. */
export async function writeResults(page: URL, results: Results): Promise<void> {
  await Deno.writeTextFile(page, withResults(await Deno.readTextFile(page), results));
}

/**
 * Returns the text of a page with these results.
 *
 * @throws {Error} if the page lacks one of the marks
 */
export function withResults(text: string, { head, table, details }: Results): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`The page needs these two lines: ${BEGIN} and ${END}`);
  const fenced = (text: string) => `\`\`\`\n${text}\n\`\`\``;
  const parts = [BEGIN, fenced(head), table, "The measured values behind the ratios:", fenced(details), END];
  return text.slice(0, begin) + parts.join("\n\n") + text.slice(end + END.length);
}
