/** Results as anybody may have written them. */

import { expect, test } from "vitest";
import { readResults } from "../../../../lib/distributed/producer/read_results.ts";
import { errorOf } from "../../../../lib/distributed/server/error_json.ts";
import { resultsOf } from "../fakes.ts";

const result = (changes: object) => JSON.stringify({ v: 1, server: "x", done: [], failed: [], ...changes });
const error = (changes: object) => ({
  kind: "error",
  class: "Error",
  name: "Error",
  message: "m",
  ...changes,
});
const ONE = { size: 1, adds: true };
const failing = (data: unknown) => result({ failed: [[0, 1, 0, data, 1]] });

test.each([
  ["no JSON", "nonsense", "no JSON"],
  ["a list", "[]", /expected object/],
  ["another protocol", result({ v: 2 }), /^v: /],
  [
    "results of inputs that are not there",
    result({ done: [[1, 1, 1, 0, "1\n", 1]] }),
    /more results than inputs/,
  ],
  ["more times than results", result({ done: [[0, 1, 1, [1, 2], "1\n", 1]] }), /number of times/],
  ["no text of its result", result({ done: [[0, 1, 1, 0, "", 1]] }), /not 1 results/],
  [
    "a failure of an input that is not there",
    result({ failed: [[1, 1, 0, error({}), 1]] }),
    /not in the job chunk/,
  ],
  ["sums of an input that is not there", result({ counts: [[1, {}]] }), /not in the job chunk/],
  [
    "inputs that an input which is not there has added",
    result({ added: [[1, ["2"]]] }),
    /not in the job chunk/,
  ],
  ["an added input of two lines", result({ added: [[0, ["2\n3"]]] }), /not one line of text/],
  ["an added input with half a character", result({ added: [[0, ["\ud800"]]] }), /not one line of text/],
  ["a time before 1970", result({ began: [[0, -1, 0]] }), /^began\.0\.1: /],
  ["sums that are no numbers", result({ counts: [[0, { usd: "1" }]] }), /^counts\.0\.1: /],
  ["a list of what was spent", result({ spent: [1] }), /^spent: /],
  ["an error that refers to nothing", failing({ kind: "again", number: 7 }), /refers to error 7/],
  [
    "an error that refers to one after it",
    failing(error({ errors: [{ kind: "again", number: 1 }], cause: error({ number: 1 }) })),
    /refers to error 1/,
  ],
])("%s is refused, with what is wrong", (_, text, fault) => {
  expect(readResults(text, ONE)).toEqual({ ok: false, fault: expect.stringMatching(fault) });
});

test("an error that refers to one before it, or to itself, is rebuilt", () => {
  const data = error({ number: 1, cause: { kind: "again", number: 1 } });
  const read = readResults(failing(data), ONE);
  if (!read.ok) throw new Error(read.fault);
  const [thrown] = read.errors as Error[];
  expect(thrown.cause).toBe(thrown);
});

test("values come one for each input", () => {
  const read = readResults(resultsOf([[0, "a"], [1, "b"]]), { size: 2, adds: false });
  expect(read.ok && read.values.map((values) => values.at(0))).toEqual(['"a"', '"b"']);
});

test("undefined that was thrown, or is the cause of an error, is read, although JSON leaves it out", () => {
  for (const thrown of [undefined, new Error("m", { cause: undefined })]) {
    expect(readResults(failing(errorOf(thrown)), ONE)).toMatchObject({ ok: true, errors: [thrown] });
  }
});

test("what an attempt has told is read with its outcome; added inputs only if the task may add any", () => {
  const text = result({ counts: [[0, { usd: 1 }]], added: [[0, ["2", "3"]]], began: [[0, 5.5, 2]] });
  const told = { counts: { usd: 1 }, added: ["2", "3"], began: { at: 5.5, position: 2 } };
  expect(readResults(text, ONE)).toMatchObject({ ok: true, told: new Map([[0, told]]) });
  expect(readResults(text, { size: 1, adds: false })).toEqual({
    ok: false,
    fault: "an input added others, which its task cannot",
  });
});
