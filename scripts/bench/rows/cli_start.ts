import { join } from "node:path";
import { run } from "../child.ts";
import { cpuTime } from "../cpu_time.ts";
import { human, inTurns, type Measures, median, ratios, spread } from "../figures.ts";
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

/** Number of processes whose CPU time is measured together, because a shell tells it in steps of ten milliseconds. */
const TIMES = 4;

async function measure({ folder, rounds, size }: Bench): Promise<Finding[]> {
  const [input, output] = [join(folder, "12.jsonl"), join(folder, "12.out")];
  await Deno.writeTextFile(input, "1\n");
  const bundle = await bundledCommand(folder);
  const bundled = (...more: string[]) => startedAsDocumented(passing(bundle, input, output, ...more));
  const bare = (program: string) => DENO.command(programPath(program), []);
  const commands = {
    "bundle with -A": bundled("-A"),
    "bundle without permissions": bundled(),
    "source with -A": polyloop(input, output, "-A"),
    "bare worker": bare("one_worker"),
    "bare worker and packages": bare("one_worker_and_packages"),
  };
  // Not in the repository: Deno could run the tasks of a program from elsewhere only in a process with the repository's project.
  const inFolder = { cwd: folder };
  // Many rounds, because such short times vary.
  const times = await inTurns(
    size(rounds * 4, 1),
    mapped(commands, (command) => async () => (await run(command, inFolder)).seconds * 1000),
  );
  const { "bundle with -A": ours, "bare worker": theirs } = commands;
  const spent = await inTurns(
    size(rounds * 2, 1),
    mapped({ ours, theirs }, (command) => () => cpuTime(command, size(TIMES, 1), inFolder)),
  );
  const told = Object.entries(times).map(([name, times]) => `${name} ${human(median(times))}`);
  const finding = (name: "bundle with -A" | "bundle without permissions" | "source with -A") => ({
    measure: `${name} / deno run of a script that starts one bare worker`,
    unit: "×",
    ...spread(ratios(times[name], times["bare worker"])),
  } as const);
  return [
    { ...finding("bundle with -A"), target: { atMost: 2.2 }, details: [`ms: ${told.join(", ")}`] },
    {
      measure: "bundle with -A: CPU time / that of this script",
      target: { atMost: 2.2 },
      unit: "×",
      ...spread(ratios(spent.ours, spent.theirs)),
      details: [`CPU time in ms: bundle ${human(median(spent.ours))}, bare ${human(median(spent.theirs))}`],
    },
    { ...finding("bundle without permissions"), target: { atMost: 2.2 } },
    finding("source with -A"),
    {
      measure: "source with -A / the same script with the two packages that a command line needs",
      unit: "×",
      ...spread(ratios(times["source with -A"], times["bare worker and packages"])),
    },
  ];
}

/** The README starts the command with this option of Deno. Without it, threads cannot have permissions of their own. */
function startedAsDocumented([deno, ...args]: string[]): string[] {
  return [deno, args[0], "--unstable-worker-options", ...args.slice(1)];
}

function mapped<Name extends string>(
  commands: Record<Name, string[]>,
  measure: (command: string[]) => () => Promise<number>,
): Measures<Name> {
  const entries = Object.entries<string[]>(commands).map(([name, command]) => [name, measure(command)]);
  return Object.fromEntries(entries) as Measures<Name>;
}
