import { join } from "node:path";
import { run } from "../child.ts";
import { nearBare } from "../contest.ts";
import { human, inTurns, type Measures, median, ratios, spread } from "../figures.ts";
import { mustEqual, polyloop, writeLines } from "../lines.ts";
import type { Bench, Finding, Measured, Row } from "../row.ts";
import { DENO, programPath } from "../runtimes.ts";
import { canWatch, watched } from "../watched.ts";

const MAIN = "CPU time of the main thread for these lines";

/** A million JSON lines, compared with the alternatives: a hand-written loop, and jq. */
export const cliLines: Row = {
  id: "9",
  title: "polyloop run -e 'x => x' over a million JSON lines, file to file",
  measure,
};

async function measure({ folder, rounds, runtimes, size }: Bench): Promise<Finding[]> {
  const input = await writeLines(folder, size(1_000_000, 1_000));
  const output = join(folder, "9.out");
  /** Times of whole processes. Their output is compared outside of the measured time. */
  const seconds = (command: string[]) => async () => {
    const ended = await run(command);
    await mustEqual(input, output);
    await Deno.remove(output);
    return ended.seconds;
  };
  const node = runtimes.find(({ name }) => name === "Node");
  const loop = (program: string): Measures =>
    node ? { [program]: seconds(node.command(programPath(program), [input, output])) } : {};
  const jq: Measures = await hasJq()
    ? { jq: seconds(["sh", "-c", 'jq -c . "$0" > "$1"', input, output]) }
    : {};
  const figures: Record<string, number[]> = await inTurns(rounds, {
    polyloop: seconds(polyloop(input, output, "-A")),
    bare: seconds(DENO.command(programPath("lines_bare"), [input, output])),
    ...loop("lines_readline"),
    ...loop("lines_chunks"),
    ...jq,
  });
  const main = canWatch && await mainThread(rounds, { input, folder });
  await Deno.remove(input);
  const over = (name: string) => ({ unit: "×", ...spread(ratios(figures[name], figures.polyloop)) } as const);
  const loops = ["lines_readline", "lines_chunks"].filter((name) => name in figures);
  const faster = loops.toSorted((one, other) => median(figures[one]) - median(figures[other]))[0];
  const times = Object.entries(figures).map(([name, times]) => `${name} ${human(median(times))} s`);
  return [
    faster === undefined ? { measure: "throughput / a loop on Node", missing: "there is no Node" } : {
      measure: "throughput / the faster of two hand-written loops on Node",
      target: { atLeast: 1.5 },
      ...over(faster),
      details: [times.join(", ")],
    },
    {
      measure: "throughput / two bare workers that do only this",
      ...nearBare(figures.bare, figures.polyloop),
    },
    "jq" in figures
      ? { measure: "throughput / jq -c .", target: { atLeast: 2.5 }, ...over("jq") }
      : { measure: "throughput / jq -c .", missing: "there is no jq" },
    main
      ? { measure: MAIN, target: { atMost: 250 }, ...main }
      : { measure: MAIN, missing: "can only be measured on Linux" },
  ];
}

/** The CPU time of the main thread beyond that of a run over one line: it limits how many cores can work. */
async function mainThread(
  rounds: number,
  { input, folder }: { input: string; folder: string },
): Promise<Omit<Measured, "measure">> {
  const one = await writeLines(folder, 1);
  const output = join(folder, "9.out");
  const spent = (path: string) => async () => (await watched(polyloop(path, output, "-A"))).main;
  const bare = async () => (await watched(DENO.command(programPath("lines_bare"), [input, output]))).main;
  const figures = await inTurns(rounds, { all: spent(input), one: spent(one), bare });
  const net = figures.all.map((all, round) => Math.max(0, all - figures.one[round]));
  const told = Object.entries(figures).map(([name, times]) => `${name} ${human(median(times))} ms`);
  return {
    unit: "ms",
    ...spread(net),
    details: [`CPU time of the main thread, with its start: ${told.join(", ")}`],
  };
}

async function hasJq(): Promise<boolean> {
  return await run(["jq", "--version"]).then(() => true, () => false);
}
