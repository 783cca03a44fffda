/** Column names from the header of a CSV file. */
import { expect, test } from "vitest";
import { numberedNames, readHeader } from "../../../../../lib/cli/input/formats/csv_header.ts";
import { BadFile } from "../../../../../lib/cli/input/formats/splitter.ts";

const read = (...values: string[]) => readHeader({ values, isUtf8: true }, { line: 1, separator: "," });

test("names that are distinct stay as they are", () => {
  expect(read("a", "b")).toEqual({ names: ["a", "b"], notes: [] });
});

test("a column without a name is called by its number, and a repeated name gets a number that no other name has", () => {
  const { names, notes } = read("a", "", "a", "a_2", "a", "");
  expect(names).toEqual(["a", "column2", "a_3", "a_2", "a_4", "column6"]);
  expect(notes).toEqual([
    "2 columns of the header have no name; the first is called column2",
    'the header repeats "a"; the second column is called "a_3"; 1 more column is renamed',
  ]);
});

test("a header with one column hints at the separator that it probably has", () => {
  expect(read("a;b;c").notes).toEqual([`the header has one column, "a;b;c"; with --separator ';' it has 3`]);
  expect(read("a\tb").notes[0]).toContain("--from tsv");
  expect(read("name").notes).toEqual([]);
});

test("a header that is not text is refused with the line and a command that converts the file", () => {
  const broken = () => readHeader({ values: ["a\ufffd"], isUtf8: false }, { line: 1, separator: "," });
  expect(broken).toThrow(BadFile);
  expect(broken).toThrow(/^line 1: the header is not valid UTF-8.*iconv -f latin1/);
  expect(() => read("a\0b")).toThrow(/NUL bytes.*utf-16le/);
});

test("columns without a header are numbered from 1", () =>
  expect(numberedNames(2)).toEqual(["column1", "column2"]));
