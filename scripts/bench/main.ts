/**
 * `deno task bench`: measures every claim about speed, together with polyloop's peers in the same run. `README.md` in
 * this folder says what each row measures, and has the results.
 *
 *     deno task bench [--json] [--smoke] [--write] [--rounds N] [--row ID]…
 */

import { type Arguments, parse } from "./arguments.ts";
import { temporaryFolder } from "./folder.ts";
import { header, type Machine, machine } from "./machine.ts";
import type { Bench, Finding, Row } from "./row.ts";
import { verdict } from "./row.ts";
import { ROWS } from "./rows/index.ts";
import { DENO, findNode } from "./runtimes.ts";
import { writeResults } from "./results.ts";
import { aligned, details, type Found, lines, summary } from "./table.ts";

const APART = "in brackets the minimum and the maximum if they differ much";
const SMOKE = "Shows only that everything runs: the figures mean nothing";

if (import.meta.main) Deno.exit(await main(Deno.args));

/**
 * Runs the requested rows. Returns the exit code: 0 if all were measured, 1 if one failed, 2 for a wrong command line.
 */
async function main(argv: string[]): Promise<number> {
  let args: Arguments;
  try {
    args = parse(argv, ROWS.map(({ id }) => id));
  } catch (error) {
    console.error(`bench: ${(error as Error).message}`);
    return 2;
  }
  const { json, smoke, write, rounds } = args;
  const rows = args.rows.length === 0 ? ROWS : ROWS.filter(({ id }) => args.rows.includes(id));
  const node = await findNode();
  using folder = temporaryFolder();
  const bench: Bench = {
    smoke,
    rounds,
    runtimes: node ? [DENO, node] : [DENO],
    folder: folder.path,
    size: (full, tiny) => smoke ? tiny : full,
  };
  const facts = await machine(bench.runtimes);
  const head = [...header(facts), smoke ? SMOKE : `Medians of ${rounds} rounds (${APART})`];
  if (!json) console.log(`${head.join("\n")}\n`);
  const found: Found[] = [];
  for (const row of rows) {
    const one = { id: row.id, title: row.title, findings: await measure(row, bench) };
    found.push(one);
    // At once: all rows take long, and a run that is ended keeps those that it has measured.
    if (write && !one.findings.some(broke)) {
      const results = { id: row.id, cells: lines(one, smoke), details: details(one, head) };
      await writeResults(new URL("README.md", import.meta.url), results, ROWS.map(({ id }) => id));
    }
  }
  const text = () =>
    [aligned(found.flatMap((row) => lines(row, smoke))), ...found.map((row) => details(row))].join("\n\n");
  console.log(json ? asData(found, { machine: facts, smoke, rounds }) : text());
  return found.some(({ findings }) => findings.some(broke)) ? 1 : 0;
}

async function measure(row: Row, bench: Bench): Promise<Finding[]> {
  const begun = performance.now();
  const findings = await row.measure(bench).catch((error): Finding[] => [
    { measure: row.title, missing: `not measured: ${error.message}`, broke: true },
  ]);
  // Without a line per row, the benchmark would seem to hang for many minutes.
  console.error(`row ${row.id}: ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  for (const finding of findings) console.error(`  ${summary(finding, bench.smoke)}`);
  return findings;
}

function asData(found: Found[], facts: { machine: Machine; smoke: boolean; rounds: number }): string {
  const findings = found.flatMap((row) =>
    row.findings.map((finding) => ({
      row: row.id,
      ...finding,
      verdict: facts.smoke ? "shown" : verdict(finding),
    }))
  );
  return JSON.stringify({ ...facts, findings }, null, 2);
}

function broke(finding: Finding): boolean {
  return "missing" in finding && finding.broke === true;
}
