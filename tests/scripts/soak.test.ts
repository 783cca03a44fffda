/** The soak finds memory that grows, and its short form finds none. The long form is `scripts/chaos/soak.ts`. */
import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { flatnessOf, growth } from "../../scripts/chaos/flatness.ts";
import { isDeno } from "../program.ts";

const samples = (rss: (at: number) => number, live?: (at: number) => number) =>
  Array.from({ length: 80 }, (_, at) => ({ at, rss: rss(at), live: live?.(at), count: at }));

describe("memory", () => {
  test("that grows to a limit in the first half is flat", () => {
    const { rss, live } = flatnessOf(samples((at) => Math.min(at, 40) * 1e6));
    expect([growth(rss), live]).toEqual([0, undefined]);
  });

  test("that grows by a tenth over all is not, however it varies", () => {
    const { rss } = flatnessOf(samples((at) => 100e6 + at * 125e3 + (at % 2) * 50e6));
    expect(growth(rss)).toBeGreaterThan(0.01);
  });

  test("in use is what is left when least is on its way", () => {
    const { live } = flatnessOf(samples(() => 1, (at) => 10e6 + (at % 5) * 9e6));
    expect(live).toEqual([10e6, 10e6]);
  });
});

test("what is in use stays: a map, and calls with signals", async () => {
  const soak = fileURLToPath(new URL("../../scripts/chaos/soak.ts", import.meta.url));
  const flags = isDeno ? ["run", "-A", "--quiet"] : [];
  const args = [...flags, soak, "--live", "--minutes", "0.08", "--load", "map,signals"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout.trim().split("\n").map((line) => line.replace(/:.*: /, ": ")).toSorted()).toEqual([
    "map: flat",
    "signals: flat",
  ]);
});
