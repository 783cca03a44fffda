import { join } from "node:path";
import { run } from "../child.ts";
import { cpuTime } from "../cpu_time.ts";
import { human, inTurns, type Measures, median, ratios, spread } from "../figures.ts";
import { mustEqual, polyloop, writeLines } from "../lines.ts";
import type { Bench, Finding, Row } from "../row.ts";
import { DENO, programPath } from "../runtimes.ts";
import { canWatch, watched } from "../watched.ts";

/** Commands whose CPU time is measured. */
type Programs = Record<"polyloop" | "overOne" | "bare", string[]>;

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
  const programs: Programs = {
    polyloop: polyloop(input, output, "-A"),
    overOne: polyloop(await writeLines(folder, 1), output, "-A"),
    bare: DENO.command(programPath("lines_bare"), [input, output]),
  };
  const spent = [await cpuOf(rounds, programs), await mainThread(rounds, programs)];
  await Deno.remove(input);
  const over = (name: string) => ({ unit: "×", ...spread(ratios(figures[name], figures.polyloop)) } as const);
  const loops = ["lines_readline", "lines_chunks"].filter((name) => name in figures);
  const faster = loops.toSorted((one, other) => median(figures[one]) - median(figures[other]))[0];
  const times = Object.entries(figures).map(([name, times]) => `${name} ${human(median(times))} s`);
  return [
    faster === undefined ? { measure: "throughput / a loop on Node", missing: "there is no Node" } : {
      measure: "throughput / the faster of two hand-written loops on Node",
      target: { atLeast: 1.4 },
      ...over(faster),
      details: [times.join(", ")],
    },
    {
      measure: "throughput / two bare workers that do only this",
      ...over("bare"),
    },
    "jq" in figures
      ? { measure: "throughput / jq -c .", target: { atLeast: 2.5 }, ...over("jq") }
      : { measure: "throughput / jq -c .", missing: "there is no jq" },
    ...spent,
  ];
}

/** The CPU time of whole processes. */
async function cpuOf(rounds: number, programs: Programs): Promise<Finding> {
  const figures = await inTurns(rounds, {
    polyloop: () => cpuTime(programs.polyloop),
    bare: () => cpuTime(programs.bare),
  });
  return {
    measure: "CPU time / two bare workers that do only this",
    target: { atMost: 1.2 },
    unit: "×",
    ...spread(ratios(figures.polyloop, figures.bare)),
    details: [`CPU time: ${told(figures)}`],
  };
}

/** The CPU time of the main thread beyond that of a run over one line: it limits how many cores can work. */
async function mainThread(rounds: number, programs: Programs): Promise<Finding> {
  const measure = "CPU time of the main thread for these lines";
  if (!canWatch) return { measure, missing: "can only be measured on Linux" };
  const main = (command: string[]) => async () => (await watched(command)).main;
  const figures = await inTurns(rounds, {
    polyloop: main(programs.polyloop),
    bare: main(programs.bare),
    "over one line": main(programs.overOne),
  });
  return {
    measure,
    target: { atMost: 250 },
    unit: "ms",
    ...spread(figures.polyloop.map((time, round) => Math.max(0, time - figures["over one line"][round]))),
    details: [`CPU time of the main thread, with its start: ${told(figures)}`],
  };
}

function told(figures: Record<string, number[]>): string {
  return Object.entries(figures).map(([name, times]) => `${name} ${human(median(times))} ms`).join(", ");
}

async function hasJq(): Promise<boolean> {
  return await run(["jq", "--version"]).then(() => true, () => false);
}
