/** Whether results are of the kind that their task's encoding makes. */
import { expect, test } from "vitest";
import { areResults } from "../../../../lib/executor/pool/result_check.ts";
import { toErrorData } from "../../../../lib/wire/error_data.ts";

const text = { output: "text" } as const;
const error = toErrorData(new Error("broken"));
const batch = { batch: true, output: "text" } as const;
const inputs = [{ bytes: new Uint8Array(), count: 2 }];

test.each([
  ["anything, without an encoding", undefined, [{}, 1], true],
  ["anything, with values as results", { input: "json" } as const, [{}, 1], true],
  ["texts", text, ["a", "b"], true],
  ["a number among texts", text, ["a", 1], false],
  ["a batch in which both succeeded", batch, [{ results: ["a", "b"], failed: [] }], true],
  ["a batch in which one failed", batch, [{ results: ["a"], failed: [[1, error]] }], true],
  ["a batch with a result too few", batch, [{ results: ["a"], failed: [] }], false],
  [
    "a batch with a failure too many",
    batch,
    [{ results: [], failed: [[0, error], [1, error], [1, error]] }],
    false,
  ],
  ["a batch in which one failed twice", batch, [{ results: [], failed: [[1, error], [1, error]] }], false],
  ["a batch with a failure of no input", batch, [{ results: ["a"], failed: [[2, error]] }], false],
  ["a batch with a failure that is no error", batch, [{ results: ["a"], failed: [[1, "broken"]] }], false],
  ["a batch with a result that is no text", batch, [{ results: ["a", 2], failed: [] }], false],
  ["a text in place of a batch", batch, ["a"], false],
])("results: %s", (_, encoding, values, expected) => {
  expect(areResults(encoding, values, inputs, 0)).toBe(expected);
});
