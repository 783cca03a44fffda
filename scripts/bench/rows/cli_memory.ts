import { join } from "node:path";
import { inTurns, ratios, spread } from "../figures.ts";
import { polyloop, writeLines } from "../lines.ts";
import type { Bench, Finding, Row } from "../row.ts";
import { DENO, programPath } from "../runtimes.ts";
import { canWatch, watched } from "../watched.ts";

/** The memory of a long run, which must not grow with its length. */
export const cliMemory: Row = {
  id: "10",
  title: "peak memory of polyloop run over a million and over ten million lines",
  measure,
};

const peakMemory = async (command: string[]) => (await watched(command)).memory;

async function measure({ folder, rounds, size }: Bench): Promise<Finding[]> {
  if (!canWatch) {
    return [{ measure: "peak memory", missing: "can only be measured on Linux" }];
  }
  const short = await writeLines(folder, size(1_000_000, 1_000));
  const long = await writeLines(folder, size(10_000_000, 10_000));
  const output = join(folder, "10.out");
  // Few rounds, because a process takes half a minute, and other programs do not affect its memory.
  const figures = await inTurns(Math.min(rounds, 2), {
    short: () => peakMemory(polyloop(short, output, "-A")),
    long: () => peakMemory(polyloop(long, output, "-A")),
    bare: () => peakMemory(DENO.command(programPath("lines_bare"), [long, output])),
  });
  await Promise.all([short, long, output].map((path) => Deno.remove(path)));
  return [
    {
      measure: "10 million lines / 1 million lines",
      target: { atMost: 1.1 },
      unit: "×",
      ...spread(ratios(figures.long, figures.short)),
    },
    { measure: "1 million lines", target: { atMost: 250 }, unit: "MB", ...spread(figures.short) },
    { measure: "10 million lines", target: { atMost: 250 }, unit: "MB", ...spread(figures.long) },
    {
      measure: "10 million lines / two bare workers that do only this",
      target: { atMost: 1.1 },
      unit: "×",
      ...spread(ratios(figures.long, figures.bare)),
    },
  ];
}
