import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ask, run } from "../child.ts";
import { rate } from "../contest.ts";
import { human, inTurns, type Measures, median, ratios, spread } from "../figures.ts";
import { onEach } from "../on_each.ts";
import type { Bench, Finding, Row } from "../row.ts";
import { DENO, ROOT, type Runtime } from "../runtimes.ts";

/**
 * Tools for other purposes, which the README compares: p-map has no workers, and GNU parallel starts a process per
 * input.
 */
export const others: Row = {
  id: "others",
  title: "inputs that take no time, through other kinds of tools",
  measure: async (bench) => [
    ...await onEach(bench, (runtime) => overLibraries(bench, runtime)),
    await overParallel(bench),
  ],
};

async function overLibraries({ rounds, size }: Bench, runtime: Runtime): Promise<Finding[]> {
  const call = { task: "identity", inputs: "numbers" } as const;
  const [count, warmup] = [size(500_000, 1_000), size(100_000, 100)];
  const figures = await inTurns(rounds, {
    polyloop: () => rate(runtime, { ...call, pool: "polyloop", call: "map", count, warmup }),
    piscina: () =>
      rate(runtime, {
        ...call,
        pool: "piscina",
        call: "run",
        count: size(30_000, 50),
        warmup: size(10_000, 10),
      }),
    "p-map": () => ask<number>(runtime, "p_map", { count, warmup }),
  });
  const rates = Object.entries(figures).map(([name, values]) => `${name} ${human(median(values) / 1_000)}k`);
  return [
    { measure: "map() / p-map", unit: "×", ...spread(ratios(figures.polyloop, figures["p-map"])) },
    {
      measure: "map() / piscina's run()",
      unit: "×",
      ...spread(ratios(figures.polyloop, figures.piscina)),
      details: [`${runtime.name}, inputs/s: ${rates.join(", ")}`],
    },
  ];
}

/** Whole processes, as a shell starts them: 1,000 inputs from file to file, two at a time. */
async function overParallel({ rounds, size, folder }: Bench): Promise<Finding> {
  const measure = "polyloop run -e 'x => x' / parallel -j2 echo, 1,000 inputs";
  if (!await run(["parallel", "--version"]).then(() => true, () => false)) {
    return { measure, missing: "there is no GNU parallel" };
  }
  const count = size(1_000, 10);
  const input = join(folder, "others.txt");
  await writeFile(input, Array.from({ length: count }, (_, index) => `${index}\n`).join(""));
  const rateOf = (command: string[]) => async () => count / (await run(command)).seconds;
  const measures: Measures<"polyloop" | "parallel"> = {
    polyloop: rateOf(DENO.command(join(ROOT, "cli.ts"), ["run", "-e", "x => x", "-j", "2", "-i", input])),
    parallel: rateOf(["parallel", "-j2", "-k", "-a", input, "echo"]),
  };
  const figures = await inTurns(rounds, measures);
  return {
    measure,
    unit: "×",
    ...spread(ratios(figures.polyloop, figures.parallel)),
    details: [
      `inputs/s, start included: polyloop ${human(median(figures.polyloop))}, parallel ${
        human(median(figures.parallel))
      }`,
    ],
  };
}
