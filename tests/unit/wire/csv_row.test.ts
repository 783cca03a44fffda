import { describe, expect, test } from "vitest";
import { CsvLayout } from "../../../lib/cli/output/csv_layout.ts";
import { rowWriter } from "../../../lib/wire/csv_row.ts";
import { toJson } from "../../../lib/wire/json_text.ts";

const VALUES = [
  ...[
    "plain",
    "a,b",
    "a;b",
    'say "hi"',
    '"',
    "",
    "\r",
    "a\rb",
    " lead",
    "ünï",
    "\u2028",
    "=1",
    "{brace",
    "]",
    "\\",
    "^",
  ],
  ...[0, -0, 1.5, 1e21, 5e-324, true, false, null],
];

/** The row that the main thread makes of a result. */
function laidOut(result: object, columns: string[], separator: string): string {
  const layout = new CsvLayout({ separator, header: undefined });
  layout.lay([JSON.stringify(Object.fromEntries(columns.map((column) => [column, "x"])))], () => {});
  return layout.lay([toJson(result)], (_, error) => {
    throw error;
  });
}

describe("rowWriter", () => {
  test.each([",", ";", "\t", "]", "^", "-", "\\", "{"])(
    "with %j writes each value as the layout does",
    (separator) => {
      const write = rowWriter({ columns: ["a", "b"], separator });
      for (const a of VALUES) {
        for (const b of VALUES) {
          const row = write({ a, b });
          const isObject = laidOut({ a, b }, ["a", "b"], separator).startsWith("{");
          if (row === undefined) expect(isObject).toBe(true);
          else expect(`${row}\n`).toBe(laidOut({ a, b }, ["a", "b"], separator));
        }
      }
    },
  );

  test("an empty value that is alone is quoted, because an empty line is no row", () => {
    expect(rowWriter({ columns: ["a"], separator: "," })({ a: null })).toBe('""');
    expect(laidOut({ a: null }, ["a"], ",")).toBe('""\n');
  });

  test.each([
    ["a newline, since a row is one line", { a: "1\n2", b: 1 }],
    ["half of a surrogate pair", { a: "\ud800", b: 1 }],
    ["keys in another order", { b: 1, a: 1 }],
    ["a missing key", { a: 1 }],
    ["a further key", { a: 1, b: 2, c: 3 }],
    ["another key", { a: 1, c: 3 }],
    ["undefined", { a: 1, b: undefined }],
    ["a number that JSON lacks", { a: NaN, b: 1 }],
    ["an object", { a: {}, b: 1 }],
    ["a list", { a: [1], b: 1 }],
    ["a date", { a: new Date(0), b: 1 }],
    ["a BigInt", { a: 1n, b: 1 }],
    ["toJSON()", { a: 1, b: 1, toJSON: () => 1 }],
    ["another class", Object.assign(new (class Row {})(), { a: 1, b: 1 })],
    ["no prototype", Object.assign(Object.create(null), { a: 1, b: 1 })],
    ["a list as the result", [1, 2]],
    ["null as the result", null],
    ["a text as the result", "ab"],
  ])("leaves to the main thread: %s", (_, result) => {
    expect(rowWriter({ columns: ["a", "b"], separator: "," })(result)).toBeUndefined();
  });

  test("an inherited key is none, and a toJSON() of all objects counts", () => {
    const write = rowWriter({ columns: ["a"], separator: "," });
    const { prototype } = Object as unknown as { prototype: Record<string, unknown> };
    prototype.b = 1;
    expect(write({ a: 1 })).toBe("1");
    delete prototype.b;
    prototype.toJSON = () => 1;
    expect(write({ a: 1 })).toBeUndefined();
    delete prototype.toJSON;
  });
});
