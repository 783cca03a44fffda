import { expect, test } from "vitest";
import {
  formatByEnding,
  formatOfInputs,
  mixedInputs,
} from "../../../../../lib/cli/input/formats/format_by_ending.ts";

test.each([
  ["a.csv", "csv"],
  ["a.CSV.gz", "csv"],
  ["dir.csv/a.ndjson", "jsonl"],
  ["a.txt.zst", "lines"],
  ["a.json", "json"],
  ["a", undefined],
  ["-", undefined],
  ["a.gz", undefined],
  ["a.constructor", undefined],
])("%s is %s", (path, format) => {
  expect(formatByEnding(path)).toBe(format);
});

test("the first input whose ending tells a format tells it for all", () => {
  expect(formatOfInputs(["-", "a.csv", "b.tsv"])).toEqual({ path: "a.csv", format: "csv" });
  expect(formatOfInputs(["a", "-"])).toBeUndefined();
});

test("inputs that would be read in two formats are named", () => {
  expect(mixedInputs(["a.csv", "b.csv.gz"])).toBeUndefined();
  expect(mixedInputs(["a.jsonl", "b"])).toBeUndefined();
  expect(mixedInputs(["a", "b"])).toBeUndefined();
  expect(mixedInputs(["a.csv", "-"])).toContain(
    "a.csv would be read as csv and stdin as jsonl, by their endings",
  );
});
