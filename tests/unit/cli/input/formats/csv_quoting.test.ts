/** The quoting rules of CSV input. */
import { describe, expect, test } from "vitest";
import { type CsvRow, CsvRows } from "../../../../../lib/cli/input/formats/csv_quoting.ts";

function rowsOf(texts: string[], separator = ","): (CsvRow | undefined)[] {
  const rows: (CsvRow | undefined)[] = [];
  const parser = new CsvRows(separator, (row) => rows.push(row));
  for (const text of texts) parser.push(text);
  return rows;
}

const valuesOf = (text: string, separator?: string) => rowsOf([text], separator).map((row) => row?.values);

describe("CsvRows", () => {
  test.each<[string, string[][]]>([
    ["a,b\n", [["a", "b"]]],
    ["a,\n,b\n", [["a", ""], ["", "b"]]],
    ['"a,b",c\n', [["a,b", "c"]]],
    ['"a\nb",c\n', [["a\nb", "c"]]],
    ['"say ""hi""",c\n', [['say "hi"', "c"]]],
    ['"","""",x\n', [["", '"', "x"]]],
    ['a"b",c\n', [['a"b"', "c"]]],
    ['"a"b,c\n', [["ab", "c"]]],
    ["a\r\nb\rc\n", [["a"], ["b"], ["c"]]],
    ["a,b", [["a", "b"]]],
  ])("%j is %j", (text, expected) => expect(valuesOf(text)).toEqual(expected));

  test("the separator may be any character", () =>
    expect(valuesOf('a;"b;c"\n', ";")).toEqual([["a", "b;c"]]));

  test("an empty line is no row, but is reported", () =>
    expect(valuesOf("a\n\nb\n")).toEqual([["a"], undefined, ["b"]]));

  test("a row knows how many lines it takes, and its text if it has no quotes", () => {
    expect(rowsOf(['a,b\n"c\nd\r\ne",f\n'])).toEqual([
      { values: ["a", "b"], lines: 1, text: "a,b" },
      { values: ["c\nd\r\ne", "f"], lines: 3, text: undefined },
    ]);
  });

  test("a quoted value goes on in the next text; a line end may be in two of them", () => {
    expect(rowsOf(['"a\n', 'b",c\r', "\nd\n"]).map((row) => row?.values)).toEqual([["a\nb", "c"], ["d"]]);
  });

  test("openLength is the length within an open quote, and undefined between rows", () => {
    const parser = new CsvRows(",", () => {});
    expect(parser.openLength).toBe(undefined);
    parser.push('x,"abc\n');
    expect(parser.openLength).toBe(4);
    parser.push('d"\n');
    expect(parser.openLength).toBe(undefined);
  });
});
