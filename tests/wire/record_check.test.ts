/** What a worker sends is one of the records that there are, or it is refused as a whole. */
import { expect, test } from "vitest";
import { toErrorData } from "../../lib/wire/error_data.ts";
import { countNewlines } from "../../lib/wire/newlines.ts";
import { PACKED } from "../../lib/wire/message.ts";
import { faultIn } from "../../lib/wire/record_check.ts";

const ERROR = toErrorData(new AggregateError([new TypeError("a")], "b", { cause: new Error("c") })) as object;
const FIGURES = { heapBytes: undefined, use: { busy: 1, watched: 2 } };
const encode = (text: string) => new TextEncoder().encode(text);
const deep = (depth: number): object => depth === 0 ? ERROR : { ...ERROR, cause: deep(depth - 1) };
const holes = new Array(2 ** 32 - 4);

test.each([
  ["a number", 5],
  ["null", null],
  ["a text", "abcd"],
  ["an empty list", []],
  ["half a record", [0]],
  ["a record without a value", [0, 1, 2]],
  ["nothing but holes", holes],
  ["a kind that does not exist", [99, 1, 2, 3]],
  ["a kind that is a text", ["0", 1, 2, 3]],
  ["a kind that all objects have", ["toString", 1, 2, 3]],
  ["a task number that is a text", [0, "1", 1, 1]],
  ["a task number that is none", [0, NaN, 1, 1]],
  ["a task number between two", [0, 1.5, 1, 1]],
  ["a time that is a text", [0, 1, "x", 1]],
  ["a time below zero", [0, 1, -1, 1]],
  ["a time without end", [0, 1, Infinity, 1]],
  ["a time that is a BigInt", [0, 1, 1n, 1]],
  ["results that are none", [12, 1, 0, null]],
  ["no results", [12, 1, 0, []]],
  ["times that are fewer than the results", [12, 1, [], [1]]],
  ["times that are none", [12, 1, [NaN], [1]]],
  ["a time of no result", [12, 1, [0, 2, 9], [1, 1]]],
  ["lines that are no bytes", [12, 1, 0, { bytes: [10], count: 1 }]],
  ["lines that others can write to", [12, 1, 0, {
    bytes: new Uint8Array(new SharedArrayBuffer(1)).fill(10),
    count: 1,
  }]],
  ["fewer lines than they say", [12, 1, 0, { bytes: encode("1\n"), count: 1e9 }]],
  ["more lines than they say", [12, 1, 0, { bytes: encode("1\n2\n"), count: 1 }]],
  ["lines without an end", [12, 1, 0, { bytes: encode("1\n2"), count: 1 }]],
  ["no error", [1, 1, 0, null]],
  ["an error of no kind", [1, 1, 0, { ...ERROR, kind: "x" }]],
  ["an error without words", [1, 1, 0, { kind: "error", class: "DOMException" }]],
  ["an error with a stack that is no text", [1, 1, 0, { ...ERROR, stack: {} }]],
  ["an error whose errors are no list", [1, 1, 0, { ...ERROR, errors: 5 }]],
  ["an error whose errors are holes", [1, 1, 0, { ...ERROR, errors: holes }]],
  ["an error with properties that are none", [1, 1, 0, { ...ERROR, properties: 5 }]],
  ["an error with a place that is none", [1, 1, 0, { ...ERROR, nested: [[5, ERROR]] }]],
  ["an error that is too deep", [1, 1, 0, deep(1_000)]],
  ["names that are none", [4, 0, 0, [5]]],
  ["names that are holes", [4, 0, 0, holes]],
  ["last words that are none", [6, 0, 0, { reason: { a: 1 } }]],
  ["a lag without figures", [7, 0, 5, "y"]],
  ["a lag with figures that are none", [7, 0, 5, { ...FIGURES, use: { busy: NaN, watched: 0 } }]],
  ["a close with what is no error", [8, 0, 0, 0]],
  ["an age that is none", [14, 1, -5, 1]],
  ["a loop that is held for no time", [15, 1, NaN, undefined]],
  ["an amount that is not finite", [16, 1, Infinity, "usd"]],
  ["an amount without a name", [16, 1, 5, ""]],
  ["an amount of what is no name", [16, 1, 5, undefined]],
  ["packed values that are none", [20, 0, 0, [5], 0, 1, 0, 5]],
  ["packed values that are holes", [20, 0, 0, holes, 0, 1, 0, 5]],
  ["a packed value with what stands for nothing", [20, 0, 0, [{ value: 1, stands: [[1, ERROR]] }]]],
  ["a packed value with an error that is none", [20, 0, 0, [{
    value: 1,
    stands: [[{}, { kind: "error" }]],
  }]]],
  ["a packed value with an index of no pattern", [20, 0, 0, [{ value: 1, stands: [[{}, 5]] }]]],
  ["packed values after a record", [0, 1, 0, 5, 20, 0, 0, []]],
  ["values without what stands for them", [PACKED, 0, 0, [{ value: 1 }]]],
  ["an index of what is no pattern", [PACKED, 0, 0, [{ value: 1, stands: [[{}, 5]] }]]],
  ["values that are put back, too late", [0, 1, 0, 1, PACKED, 0, 0, []]],
  ["a right record and a wrong one", [0, 1, 0, "a", 0, 2, 0]],
])("refused: %s", (_, batch) => {
  expect(faultIn(batch)).toMatch(/./);
});

test.each([
  ["a result", [0, -5, 0, { anything: [1] }]],
  ["many results", [12, 1, [1, 1, 2], ["a", undefined], 0, 9, 5, 1]],
  ["lines", [12, 1, 5, { bytes: encode("1\n\n2\n"), count: 3 }]],
  ["an error", [1, 1, 5, ERROR]],
  ["packed values", [20, 0, 0, [{ value: 1, stands: [[{}, ERROR], [/a/g, 3]] }], 0, 1, 0, "a"]],
  ["what else was thrown", [1, 1, 5, { kind: "value", value: undefined }]],
  ["last words", [6, 0, 0, { reason: "it exited", cause: ERROR }, 7, 0, 0, FIGURES]],
  ["values that are put back", [PACKED, 0, 0, [{ value: 1, stands: [[{}, ERROR], [/a/g, 1]] }], 0, 1, 5, 1]],
  ["an amount", [16, -5, -0.5, "usd"]],
  ["the end", [8, 0, 0, undefined]],
  ["an age that is not known", [14, 1, 0, undefined]],
])("let in: %s", (_, batch) => {
  expect(faultIn(batch)).toBeUndefined();
});

test("newlines are counted wherever the bytes lie", () => {
  const bytes = Uint8Array.from(
    { length: 64 },
    (_, at) => [10, 138, 0, 255, 9, 11, 10, 122][(at * 7 + (at >> 3)) % 8],
  );
  for (let start = 0; start < 12; start++) {
    for (let end = start; end <= 64; end++) {
      const part = bytes.subarray(start, end);
      expect(countNewlines(part)).toBe(part.filter((byte) => byte === 10).length);
    }
  }
});
