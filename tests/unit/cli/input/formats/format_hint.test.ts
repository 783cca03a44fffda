/** Hints about input of another format, and formats by the ending of a name. */
import { describe, expect, test } from "vitest";
import { TaskInputError } from "../../../../../lib/errors.ts";
import { formatByEnding, mixedInputs } from "../../../../../lib/cli/input/formats/format_by_ending.ts";
import { hintFor, insteadOfArray, oneArrayHint } from "../../../../../lib/cli/input/formats/format_hint.ts";

const error = new TaskInputError("The input is not valid JSON: …");
const jsonl = { from: "jsonl", args: undefined } as const;

describe("hintFor()", () => {
  test.each<[string, RegExp]>([
    ["a,b,c", /--from csv reads a table/],
    ["a;b", /--from csv --separator ';'/],
    ["a\tb", /--from tsv/],
    ["hello", /--from lines reads each line as a string/],
    ["[1,", /begins with a JSON array that spans several lines/],
    ["{", /the first JSON value spans several lines/],
    ['{"a":1},', /ends with a comma/],
    ["{} {}", /has several JSON values/],
    ["{'a': 1}", /single quotes/],
  ])("a first line %j", (line, hint) => expect(hintFor(line, error, jsonl)).toMatch(hint));

  test("other formats, other errors and binary data have no hint", () => {
    expect(hintFor("a,b", error, { from: "lines", args: undefined })).toBe(undefined);
    expect(hintFor("a,b", new Error("no"), jsonl)).toBe(undefined);
    expect(hintFor("PK\x03\x04", error, jsonl)).toBe(undefined);
  });
});

test("an input that is one array of objects hints at --from json", () => {
  expect(oneArrayHint('[{"a":1}]', jsonl)).toContain("--from json");
  expect(oneArrayHint("[1,2]", jsonl)).toBe(undefined);
});

test("an object instead of an array hints at jq, unless it is one value a line", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  expect(insteadOfArray(bytes('{\n"items": ['))).toContain("jq -c '.NAME[]'");
  expect(insteadOfArray(bytes('{"a":1}\n{"a":2}'))).toContain("--from jsonl");
});

test("formatByEnding() knows endings in any case, also of archives", () => {
  expect(["a.csv", "a.CSV.gz", "a.ndjson", "a.txt.zst", "a.gz", "-"].map(formatByEnding))
    .toEqual(["csv", "csv", "jsonl", "lines", undefined, undefined]);
});

test("mixedInputs() names both files", () => {
  expect(mixedInputs(["a.csv", "b.csv"])).toBe(undefined);
  expect(mixedInputs(["a.csv", "b.json"])).toMatch(/a\.csv would be read as csv and b\.json as json/);
});
