/**
 * `deno task bench`: how many tasks that do nothing go through polyloop in a second, and through its
 * peers in the same run. `README.md` beside this file says what is measured and what came out.
 *
 *     deno task bench [--json] [--smoke]
 *
 * @module
 */

import { type Contender, CONTENDERS, WORKERS } from "./contenders.ts";
import { markdown, type Report, toRow } from "./report.ts";

/** How much is measured. */
interface Extent {
  /** Tasks at once. */
  tasks: number;
  rounds: number;
  /** A measurement repeats until so many milliseconds are over. */
  duration: number;
}

const FULL: Extent = { tasks: 10_000, rounds: 5, duration: 300 };
/** Only shows that everything runs; its figures mean nothing. */
const SMOKE: Extent = { tasks: 50, rounds: 1, duration: 0 };

/** Rates in tasks per second, one per round. */
interface Rates {
  run: number[];
  map: number[];
}

if (import.meta.main) {
  const unknown = Deno.args.find((argument) => argument !== "--json" && argument !== "--smoke");
  if (unknown !== undefined) {
    console.error(`bench: unknown option ${unknown}; there are --json and --smoke`);
    Deno.exit(2);
  }
  const report = await bench(Deno.args.includes("--smoke") ? SMOKE : FULL);
  console.log(Deno.args.includes("--json") ? JSON.stringify(report, null, 2) : markdown(report));
  // A peer's leftovers must not keep the process alive.
  Deno.exit(0);
}

/** Measures all contenders in turn, then all again: what disturbs the machine meanwhile disturbs them all. */
async function bench(extent: Extent): Promise<Report> {
  const rates = new Map<Contender, Rates>(CONTENDERS.map((contender) => [contender, { run: [], map: [] }]));
  for (let round = 0; round < extent.rounds; round++) {
    for (const [contender, { run, map }] of rates) {
      const measured = await measure(contender, extent);
      run.push(measured.run);
      map.push(measured.map);
    }
  }
  const rows = (method: keyof Rates) =>
    CONTENDERS.map(({ name }, index) => toRow(name, [...rates.values()][index][method]));
  const { tasks, rounds } = extent;
  return { deno: Deno.version.deno, workers: WORKERS, tasks, rounds, run: rows("run"), map: rows("map") };
}

async function measure(
  { open }: Contender,
  { tasks, duration }: Extent,
): Promise<{ run: number; map: number }> {
  const pool = open();
  const inputs = Array.from({ length: tasks }, (_, index) => index);
  // The first time starts the workers and has everything compiled.
  await pool.run(inputs);
  const run = await rate(() => pool.run(inputs));
  await pool.map(inputs);
  const map = await rate(() => pool.map(inputs));
  await pool.close();
  return { run, map };

  async function rate(pass: () => Promise<unknown[]>): Promise<number> {
    const begun = performance.now();
    let done = 0;
    do done += (await pass()).length; while (performance.now() - begun < duration);
    return done / ((performance.now() - begun) / 1000);
  }
}
