import { join } from "node:path";
import { run } from "../child.ts";
import { nearBare } from "../contest.ts";
import { human, inTurns, type Measures, median, ratios, spread } from "../figures.ts";
import { mustEqual, polyloop, writeLines } from "../lines.ts";
import type { Bench, Finding, Row } from "../row.ts";
import { DENO, programPath } from "../runtimes.ts";

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
  ];
}

async function hasJq(): Promise<boolean> {
  return await run(["jq", "--version"]).then(() => true, () => false);
}
