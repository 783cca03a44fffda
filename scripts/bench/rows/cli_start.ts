import { join } from "node:path";
import { run } from "../child.ts";
import { human, inTurns, median, ratios, spread } from "../figures.ts";
import { passing, polyloop } from "../lines.ts";
import { bundledCommand } from "../products.ts";
import type { Bench, Finding, Row } from "../row.ts";
import { DENO, programPath } from "../runtimes.ts";

/** The shortest possible run, compared with the shortest program with a worker. */
export const cliStart: Row = {
  id: "12",
  title: "polyloop run over one input, the whole process",
  measure,
};

async function measure({ folder, rounds, size }: Bench): Promise<Finding[]> {
  const [input, output] = [join(folder, "12.jsonl"), join(folder, "12.out")];
  await Deno.writeTextFile(input, "1\n");
  const command = await bundledCommand(folder);
  // Many rounds, because such short times vary.
  const milliseconds = (command: string[]) => async () => (await run(command)).seconds * 1000;
  const bare = (program: string) => milliseconds(DENO.command(programPath(program), []));
  const figures = await inTurns(size(rounds * 4, 1), {
    "bundle with -A": milliseconds(passing(command, input, output, "-A")),
    "bundle without permissions": milliseconds(passing(command, input, output)),
    "source with -A": milliseconds(polyloop(input, output, "-A")),
    "bare worker": bare("one_worker"),
    "bare worker and packages": bare("one_worker_and_packages"),
  });
  const times = Object.entries(figures).map(([name, times]) => `${name} ${human(median(times))}`);
  const finding = (name: "bundle with -A" | "bundle without permissions" | "source with -A") => ({
    measure: `${name} / deno run of a script that starts one bare worker`,
    unit: "×",
    ...spread(ratios(figures[name], figures["bare worker"])),
  } as const);
  return [
    { ...finding("bundle with -A"), target: { atMost: 2.2 }, details: [`ms: ${times.join(", ")}`] },
    { ...finding("bundle without permissions"), target: { atMost: 2.2 } },
    finding("source with -A"),
    {
      measure: "source with -A / the same script with the two packages that a command line needs",
      unit: "×",
      ...spread(ratios(figures["source with -A"], figures["bare worker and packages"])),
    },
  ];
}
