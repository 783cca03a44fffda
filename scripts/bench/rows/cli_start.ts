import { join } from "node:path";
import { run } from "../child.ts";
import { human, inTurns, median, ratios, spread } from "../figures.ts";
import { polyloop } from "../lines.ts";
import type { Bench, Finding, Row } from "../row.ts";
import { DENO, programPath } from "../runtimes.ts";

/** The shortest possible run, compared with the shortest program with a worker. */
export const cliStart: Row = {
  id: "12",
  title: "polyloop run over one input, the whole process",
  measure,
};

async function measure({ folder, rounds, size }: Bench): Promise<Finding[]> {
  const input = join(folder, "12.jsonl");
  await Deno.writeTextFile(input, "1\n");
  // Many rounds, because such short times vary.
  const ours = (...more: string[]) => async () =>
    (await run(polyloop(input, join(folder, "12.out"), ...more))).seconds * 1000;
  const bare = (program: string) => async () =>
    (await run(DENO.command(programPath(program), []))).seconds * 1000;
  const figures = await inTurns(size(rounds * 4, 1), {
    "with -A": ours("-A"),
    "without permissions": ours(),
    "bare worker": bare("one_worker"),
    "bare worker and packages": bare("one_worker_and_packages"),
  });
  const times = Object.entries(figures).map(([name, times]) => `${name} ${human(median(times))}`);
  const finding = (name: "with -A" | "without permissions"): Finding => ({
    measure: `${name} / deno run of a script that starts one bare worker`,
    target: { atMost: 1.6 },
    unit: "×",
    ...spread(ratios(figures[name], figures["bare worker"])),
  });
  return [
    { ...finding("with -A"), details: [`ms: ${times.join(", ")}`] },
    finding("without permissions"),
    {
      measure: "with -A / the same script with the two packages that a command line needs",
      target: { atMost: 1.2 },
      unit: "×",
      ...spread(ratios(figures["with -A"], figures["bare worker and packages"])),
    },
  ];
}
