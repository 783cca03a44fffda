import { join } from "node:path";
import { run } from "../child.ts";
import { human, inTurns, median, ratios, spread } from "../figures.ts";
import type { Bench, Finding, Row } from "../row.ts";
import { DENO, programPath, ROOT } from "../runtimes.ts";

/** Time until the command line has started. */
export const version: Row = { id: "version", title: "polyloop --version, the whole process", measure };

async function measure({ rounds, size }: Bench): Promise<Finding[]> {
  const milliseconds = (path: string, ...args: string[]) => async () =>
    (await run(DENO.command(path, args))).seconds * 1000;
  const figures = await inTurns(size(rounds * 4, 1), {
    polyloop: milliseconds(join(ROOT, "cli.ts"), "--version"),
    empty: milliseconds(programPath("empty")),
  });
  return [{
    measure: "polyloop --version / deno run of an empty file",
    unit: "×",
    ...spread(ratios(figures.polyloop, figures.empty)),
    details: [`ms: --version ${human(median(figures.polyloop))}, empty file ${human(median(figures.empty))}`],
  }];
}
