import { expect, test } from "vitest";
import { tableOf } from "../../../../lib/cli/broker/columns.ts";

const NAME = {
  head: "RUN",
  cells: ["nightly-import-of-customers", "b"],
  rank: 9,
  cut: { least: 8, keep: "end" as const },
};
const COUNT = { head: "DONE", cells: ["1,200", "7"], rank: 5 };
const HOST = { head: "HOST", cells: ["machine-1", "m2"], rank: 1 };

test("a table that fits stands as it is, without space at the ends of lines", () => {
  expect(tableOf([NAME, COUNT], 80)).toEqual([
    "RUN                          DONE",
    "nightly-import-of-customers  1,200",
    "b                            7",
  ]);
});

test("long texts are cut first, down to their least length", () => {
  expect(tableOf([NAME, COUNT], 20)[1]).toBe("…of-customers  1,200");
});

test("then columns go, the least important first, and no line is longer than the terminal", () => {
  const lines = tableOf([NAME, COUNT, HOST], 18);
  expect(lines[0]).toBe("RUN          DONE");
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(18);
  expect(tableOf([NAME, COUNT, HOST], 9)[0]).toBe("RUN");
});

test("texts of others cannot break out of their cell", () => {
  const [, line] = tableOf([{ head: "RUN", cells: ["a\n\x1b[31mb"], rank: 1 }], 80);
  expect(line).toBe("a\\n\\u001b[31mb");
});
