/** The benchmark runs and reports; its figures are nobody's business here. */

import { expect, test } from "vitest";
import { startDeno } from "../examples/start.ts";

const POOLS = [
  "polyloop",
  "piscina, concurrency 1",
  "piscina, concurrency 64",
  "poolifier, fixed",
  "poolifier, fixed, queue of 64",
];

test("bench --smoke --json reports run and map rates of polyloop and of every peer", async () => {
  const { code, out, err } = await startDeno("scripts/bench/main.ts", "--smoke", "--json");
  expect(code, err).toBe(0);
  const report = JSON.parse(out);
  expect(report).toMatchObject({ deno: Deno.version.deno, workers: 2, tasks: 50, rounds: 1 });
  for (const rows of [report.run, report.map]) {
    expect(rows.map(({ name }: { name: string }) => name)).toEqual(POOLS);
    for (const row of rows) expect(row.median).toBeGreaterThan(0);
  }
});

test("bench --smoke prints a table of each", async () => {
  const { code, out, err } = await startDeno("scripts/bench/main.ts", "--smoke");
  expect(code, err).toBe(0);
  expect(out.split("\n").filter((line) => line.startsWith("| polyloop "))).toHaveLength(2);
});

test("bench refuses an option that it does not have", async () => {
  const { code, out, err } = await startDeno("scripts/bench/main.ts", "--fast");
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain("--fast");
});
