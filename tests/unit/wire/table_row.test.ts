import { describe, expect, test } from "vitest";
import { refusalLine } from "../../../lib/wire/refusal.ts";
import { RECORD, recordOfRow, rowReader, valuesOf } from "../../../lib/wire/table_row.ts";

const form = { columns: ["a", "b"], separator: "," };

test.each<[string, string[]]>([
  ["a,b", ["a", "b"]],
  ["a,", ["a", ""]],
  [",", ["", ""]],
  ['"a,b",c', ["a,b", "c"]],
  ['"say ""hi""",c', ['say "hi"', "c"]],
  ['"","""",x', ["", '"', "x"]],
  ['a"b",c', ['a"b"', "c"]],
  ['"a"b,c', ["ab", "c"]],
  ['"a""b"c"d,e', ['a"bc"d', "e"]],
  ["a,b\r", ["a", "b"]],
  ['a,"b"\r', ["a", "b"]],
])("the values of %j are %j", (row, values) => {
  expect(valuesOf(row, ",")).toEqual(values);
  const columns = values.map((_, at) => `c${at}`);
  expect(Object.values(rowReader({ columns, separator: "," })(row)!)).toEqual(values);
});

describe("a row", () => {
  test("becomes the object that its record would be", () => {
    for (const columns of [["a", "b"], ["2", "1"], ["__proto__", "toString"], ["é", 'x"y']]) {
      const form = { columns, separator: ";" };
      const object = rowReader(form)("1;2")!;
      expect(object).toEqual(JSON.parse(recordOfRow("1;2", form)));
      expect(Object.keys(object)).toEqual(Object.keys(JSON.parse(recordOfRow("1;2", form))));
      expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
    }
  });

  test("has its values as its own, also if all objects have a setter of that name", () => {
    const read = rowReader(form);
    Object.defineProperty(Object.prototype, "a", { configurable: true, set() {} });
    try {
      expect(Object.entries(read("1,2")!)).toEqual([["a", "1"], ["b", "2"]]);
    } finally {
      delete (Object.prototype as { a?: unknown }).a;
    }
  });

  test.each([
    ["1", ["1"]],
    ["1,2,3", ["1", "2", "3"]],
    ["1,2,", ["1", "2", ""]],
  ])("%j has more or fewer values than there are columns", (row, found) => {
    expect(rowReader(form)(row)).toBeUndefined();
    const message = `The row has ${found.length} ${found.length === 1 ? "value" : "values"}, the header 2`;
    expect(recordOfRow(row, form)).toBe(refusalLine({ message, found }));
  });
});

test("a record or a refusal in place of a row stays as it is", () => {
  const refusal = refusalLine({ message: "broken", found: null });
  const all = [[`${RECORD}{"a":"1,2"}`, '{"a":"1,2"}'], [`${RECORD}[1]`, "[1]"], [refusal, refusal]];
  for (const [sent, record] of all) {
    expect(rowReader(form)(sent)).toBeUndefined();
    expect(recordOfRow(sent, form)).toBe(record);
  }
});
