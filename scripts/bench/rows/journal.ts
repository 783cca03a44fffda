import { join } from "node:path";
import { run } from "../child.ts";
import { human, inTurns, median, ratios, spread } from "../figures.ts";
import { polyloop, writeLines } from "../lines.ts";
import type { Bench, Finding, Row } from "../row.ts";

/** The cost of a journal. */
export const journal: Row = { id: "journal", title: "a million JSON lines with a journal", measure };

async function measure({ folder, rounds, size }: Bench): Promise<Finding[]> {
  const input = await writeLines(folder, size(1_000_000, 1_000));
  const [output, kept] = [join(folder, "journal.out"), join(folder, "journal")];
  const seconds = async (...more: string[]) => (await run(polyloop(input, output, "-A", ...more))).seconds;
  const figures = await inTurns(rounds, {
    without: () => seconds(),
    with: async () => {
      const spent = await seconds("--journal", kept);
      await Promise.all([kept, `${kept}-lock`].map((path) => Deno.remove(path)));
      return spent;
    },
  });
  await Deno.remove(input);
  return [{
    measure: "throughput / throughput without a journal",
    target: { atLeast: 0.7 },
    unit: "×",
    ...spread(ratios(figures.without, figures.with)),
    details: [`s: with ${human(median(figures.with))}, without ${human(median(figures.without))}`],
  }];
}
