/** The benchmark runs and reports; its figures are nobody's business here. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { best, median, ratios, spread } from "../../scripts/bench/figures.ts";
import { withResults } from "../../scripts/bench/results.ts";
import { type Target, verdict } from "../../scripts/bench/row.ts";
import { isDeno, startFile } from "../program.ts";

const ROWS = [
  "1",
  "2",
  "3",
  "4",
  "5",
  "6",
  "7",
  "8",
  "9",
  "10",
  "csv",
  "11",
  "12",
  "13",
  "journal",
  "level",
  "machines",
  "others",
  "version",
  "url",
  "binary",
  "npm",
];

interface Finding {
  row: string;
  measure: string;
  value?: number;
  missing?: string;
  verdict: string;
}

// The benchmark is a program of Deno, though it starts others on Node.
const benchTest = test.skipIf(!isDeno);

function bench(...args: string[]) {
  return startFile("scripts/bench/main.ts", ...args);
}

benchTest("bench --smoke --json measures every row on Deno", async () => {
  const { code, out, err } = await bench("--smoke", "--json");
  expect(code, err).toBe(0);
  const { machine, smoke, rounds, findings } = JSON.parse(out);
  expect({ deno: machine.deno, smoke, rounds }).toEqual({ deno: Deno.version.deno, smoke: true, rounds: 1 });
  expect([...new Set(findings.map(({ row }: Finding) => row))]).toEqual(ROWS);
  for (const { measure, value, missing } of findings as Finding[]) {
    // What needs Node, Python or jq may be missing on this machine, but must say so.
    if (missing !== undefined) expect(measure).not.toMatch(/^Deno/);
    else expect(value, measure).toBeGreaterThanOrEqual(0);
  }
}, 600_000);

benchTest("bench --row measures what was asked for, in a table", async () => {
  const { code, out, err } = await bench("--smoke", "--row", "10", "--row", "csv,journal");
  expect(code, err).toBe(0);
  const rows = out.split("\n").filter((line) => /^\| +\w+ +\| /.test(line)).map((line) => line.split(" ")[1]);
  expect([...new Set(rows)]).toEqual(["row", "10", "csv", "journal"]);
}, 120_000);

benchTest.each([
  ["--fast", "--fast"],
  ["--row=14", "no row 14"],
  ["--rounds=0", "--rounds"],
  ["--write --row=8", "--write"],
  ["--write --smoke", "--write"],
])("bench refuses %s", async (argument, reason) => {
  const { code, out, err } = await bench(...argument.split(" "));
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain(reason);
});

test.each<[Target | undefined, number, string]>([
  [{ atLeast: 10 }, 10, "pass"],
  [{ atLeast: 10 }, 9.99, "short"],
  [{ atMost: 1.3 }, 1.3, "pass"],
  [{ atMost: 1.3 }, 1.31, "short"],
  [undefined, 7, "shown"],
])("held against %o, %d is %s", (target, value, expected) => {
  expect(verdict({ measure: "", unit: "×", target, value, min: value, max: value })).toBe(expected);
});

test("a figure is the median of ratios that were taken round by round", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(spread(ratios([10, 30, 60], [10, 10, 30]))).toEqual({ value: 2, min: 1, max: 3 });
});

test("one lucky round does not make the best peer", () => {
  expect(best({ steady: [5, 5, 5], lucky: [1, 99, 1] })).toBe("steady");
});

test("results take the place of the last ones between the two marks of a page, and the rest stays", () => {
  const marks = ["<!-- results of deno task bench --write -->", "<!-- end of the results -->"];
  const results = { head: "a machine", table: "| row |", details: "1. run()" };
  const written = withResults(`before\n\n${marks[0]}\n\nold\n\n${marks[1]}\n\nafter\n`, results);
  expect(written).toMatch(
    /^before\n\n<!-- results [^]*a machine[^]*\| row \|[^]*1\. run\(\)[^]* -->\n\nafter\n$/,
  );
  expect(written).not.toContain("old");
  expect(withResults(written, results)).toBe(written);
  expect(() => withResults("no marks", results)).toThrow(/needs these two lines/);
});

test("the benchmark's page has the marks for results", () => {
  expect(() =>
    withResults(readFileSync("scripts/bench/README.md", "utf8"), { head: "", table: "", details: "" })
  ).not.toThrow();
});
