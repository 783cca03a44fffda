import { join } from "node:path";
import { cpuTime } from "../cpu_time.ts";
import { human, inTurns, median, ratios, spread } from "../figures.ts";
import { bundledCommand } from "../products.ts";
import type { Bench, Finding, Row } from "../row.ts";
import { DENO, programPath, ROOT } from "../runtimes.ts";

/** What it takes until the command line has started. */
export const version: Row = { id: "version", title: "polyloop --version, the whole process", measure };

/** Number of processes whose CPU time is measured together, because a shell tells it in steps of ten milliseconds. */
const TIMES = 10;

async function measure({ folder, rounds, size }: Bench): Promise<Finding[]> {
  const command = await bundledCommand(folder);
  const times = size(TIMES, 3);
  const figures = await inTurns(rounds, {
    bundle: () => cpuTime(DENO.command(command, ["--version"]), times),
    source: () => cpuTime(DENO.command(join(ROOT, "cli.ts"), ["--version"]), times),
    empty: () => cpuTime(DENO.command(programPath("empty"), []), times),
  });
  const told = Object.entries(figures).map(([name, times]) => `${name} ${human(median(times))}`);
  return [
    {
      measure: "bundle --version: CPU time / deno run of an empty file",
      target: { atMost: 3 },
      unit: "×",
      ...spread(ratios(figures.bundle, figures.empty)),
      details: [`CPU time in ms: ${told.join(", ")}`],
    },
    {
      measure: "source --version: CPU time / deno run of an empty file",
      unit: "×",
      ...spread(ratios(figures.source, figures.empty)),
    },
  ];
}
