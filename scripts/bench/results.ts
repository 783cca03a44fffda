/** Writes the results of a row into the benchmark's page, in the place of the last ones. Other rows stay. */

import { aligned } from "./table.ts";

/** The results of a row. */
export interface RowResults {
  id: string;
  /** Its lines of the table. */
  cells: string[][];
  /** Its title, what it was measured on, and the figures from which the table was computed. */
  details: string;
}

/** The lines between which the page has the results. */
const [BEGIN, END] = ["<!-- results of deno task bench --write -->", "<!-- end of the results -->"];

const FENCE = "```";

/** Writes the results of a row between the two marks of a page. `order` has the ids of all rows. */
export async function writeResults(page: URL, row: RowResults, order: string[]): Promise<void> {
  await Deno.writeTextFile(page, withResults(await Deno.readTextFile(page), row, order));
}

/**
 * Returns the text of a page with these results.
 *
 * @throws {Error} if the page lacks one of the marks
 */
export function withResults(text: string, row: RowResults, order: string[]): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`The page needs these two lines: ${BEGIN} and ${END}`);
  const last = parse(text.slice(begin, end));
  last.set(row.id, row);
  const rows = order.flatMap((id) => last.get(id) ?? []);
  const parts = [
    BEGIN,
    aligned(rows.flatMap(({ cells }) => cells)),
    "What each row was measured on, and the values behind the ratios:",
    [FENCE, rows.map(({ details }) => details).join("\n\n"), FENCE].join("\n"),
    END,
  ];
  return text.slice(0, begin) + parts.join("\n\n") + text.slice(end + END.length);
}

/** Reads the results that a page has. */
function parse(text: string): Map<string, RowResults> {
  const found = new Map<string, RowResults>();
  const of = (id: string) => {
    const row = found.get(id) ?? { id, cells: [], details: "" };
    found.set(id, row);
    return row;
  };
  const [, ...lines] = text.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| --"));
  for (const line of lines) {
    const cells = line.slice(1, -1).split(" |").map((cell) => cell.trim());
    of(cells[0]).cells.push(cells);
  }
  const [, fenced = ""] = text.split(FENCE);
  for (const details of fenced.trim().split("\n\n")) of(details.split(".", 1)[0]).details = details;
  return found;
}
