import { expect, test } from "vitest";
import { Lines, pack } from "../../../lib/wire/lines.ts";
import { MANY, ONE } from "../../../lib/wire/message.ts";
import { takeApart } from "../../../lib/wire/series.ts";

const TEN = Array.from({ length: 10 }, (_, at) => `line ${at}`);

test("one number stands for all, or each task has its own", () => {
  expect(takeApart([MANY, 4, 2, ["a", "b"]])).toEqual([ONE, 4, 2, "a", ONE, 5, 2, "b"]);
  expect(takeApart([MANY, 4, [2, 1, 3], ["a", "b"]])).toEqual([ONE, 4, 2, "a", ONE, 5, 3, "b"]);
});

test.each<[string, unknown]>([
  ["lines", new Lines(new TextEncoder().encode(`${TEN.join("\n")}\n`), 10)],
  ["packed lines", pack(TEN)],
])("%s become one record each", (_, values) => {
  const records = takeApart([MANY, 1, 0, values]);
  expect(records.length).toBe(40);
  expect([records.slice(0, 4), records.slice(36)]).toEqual([[ONE, 1, 0, "line 0"], [ONE, 10, 0, "line 9"]]);
});
