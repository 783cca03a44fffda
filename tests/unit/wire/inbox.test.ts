import { expect, test } from "vitest";
import { eachRecord } from "../../../lib/wire/inbox.ts";
import { Lines } from "../../../lib/wire/lines.ts";
import { MANY, ONE, PACKED } from "../../../lib/wire/message.ts";
import { packValue } from "../../../lib/wire/packed.ts";
import { takeApart } from "../../../lib/wire/series.ts";

const lines = (text: string) => ({
  bytes: new TextEncoder().encode(text),
  count: text.split("\n").length - 1,
});

test("records and series are handed on in their order", () => {
  const got: unknown[] = [];
  const message = [2, 1, 0, "a", MANY, 5, 9, ["b", "c"], ONE, 8, 3, "d"];
  eachRecord(message, (...record) => got.push(record), (...series) => got.push(series));
  expect(got).toEqual([[2, 1, 0, "a"], [5, 9, ["b", "c"]], [ONE, 8, 3, "d"]]);
});

test("without somebody who takes series, their records come one by one", () => {
  const got: unknown[] = [];
  eachRecord([MANY, 5, [7, 1, 9], ["b", "c"], MANY, 1, 4, lines("x\ny\n")], (...record) => got.push(record));
  expect(got).toEqual([[ONE, 5, 7, "b"], [ONE, 6, 9, "c"], [ONE, 1, 4, "x"], [ONE, 2, 4, "y"]]);
});

test("values that were packed are put back, in a record and in a request", () => {
  const [alone, inside] = [new TypeError("alone"), new RangeError("inside")].map((error) =>
    packValue(error, { boundary: "thread", moved: undefined })
  );
  const message = structuredClone(
    [PACKED, 0, 0, [alone, inside], ONE, 1, 0, alone, 1, 2, 0, { input: inside }],
  );
  const got: unknown[] = [];
  eachRecord(message, (_kind, _id, _number, value) => got.push(value));
  const [one, two] = got as [Error, { input: Error }];
  expect([one instanceof TypeError, one.message]).toEqual([true, "alone"]);
  expect([two.input instanceof RangeError, two.input.message]).toEqual([true, "inside"]);
});

test("takeApart() takes values, packed lines and lines", () => {
  const { bytes, count } = lines("x\ny\n");
  const expected = [ONE, 3, 0, "x", ONE, 4, 0, "y"];
  expect(takeApart([MANY, 3, 0, ["x", "y"]])).toEqual(expected);
  expect(takeApart([MANY, 3, 0, { bytes, count }])).toEqual(expected);
  expect(takeApart([MANY, 3, 0, new Lines(bytes, count)])).toEqual(expected);
});
