/** The benchmark runs and reports; its figures are nobody's business here. */

import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { best, median, ratios, spread } from "../../scripts/bench/figures.ts";
import { withResults } from "../../scripts/bench/results.ts";
import { type Target, verdict } from "../../scripts/bench/row.ts";
import { isDeno, runFile, start } from "../program.ts";

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

/** On Node, each program would compile the whole library from its source. */
const env = { NODE_COMPILE_CACHE: fileURLToPath(new URL("../../node_modules/.cache/node", import.meta.url)) };

function bench(...args: string[]) {
  return start(process.execPath, runFile("scripts/bench/main.ts", ...args), "", { env });
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

const MARKS = ["<!-- results of deno task bench --write -->", "<!-- end of the results -->"];

test("the results of a row take the place of its last ones, and those of other rows stay", () => {
  const results = (id: string, value: string) => ({
    id,
    cells: [[id, "a or b", "≤ 1×", value, "pass"], [id, "other", "", value, ""]],
    details: `${id}. title\n  measured on ${value}\n  ms: 1`,
  });
  const empty = `before\n\n${MARKS[0]}\n\n${MARKS[1]}\n\nafter\n`;
  const order = ["1", "csv", "10"];
  const one = withResults(empty, results("10", "2.0×"), order);
  const both = withResults(one, results("1", "3.0×"), order);
  expect(both).toMatch(/^before\n\n<!-- results [^]*3\.0×[^]*2\.0×[^]* -->\n\nafter\n$/);
  expect(withResults(both, results("1", "3.0×"), order)).toBe(both);
  const again = withResults(both, results("1", "4.0×"), order);
  expect(again).not.toContain("3.0×");
  expect(again.match(/2\.0×/g)).toHaveLength(3);
  expect(() => withResults("no marks", results("1", ""), order)).toThrow(/needs these two lines/);
});

test("the benchmark's page has results of every row that it names, and is as it would be written", () => {
  const page = readFileSync("scripts/bench/README.md", "utf8");
  const details = page.slice(page.indexOf(MARKS[0])).split("```")[1].trim().split("\n\n");
  const [first] = details;
  const cells = page.slice(page.indexOf(MARKS[0])).split("\n").filter((line) => /^\| 1 +\|/.test(line))
    .map((line) => line.slice(1, -1).split(" |").map((cell) => cell.trim()));
  expect(withResults(page, { id: "1", cells, details: first }, ROWS)).toBe(page);
});
