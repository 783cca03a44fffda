/** CSV from bytes to bytes: the rows that the reader of texts finds, as JSON has them. */
import { expect, test } from "vitest";
import { type CsvRow, CsvRows } from "../../../../../lib/cli/input/formats/csv_quoting.ts";
import { CsvSplitter } from "../../../../../lib/cli/input/formats/csv_splitter.ts";
import { refusalLine } from "../../../../../lib/wire/refusal.ts";

const encoder = new TextEncoder();

/** Splits a file that is read in these pieces. */
function split(pieces: Uint8Array[], options: ConstructorParameters<typeof CsvSplitter>[0] = {}) {
  const splitter = new CsvSplitter(options);
  const found = { lines: [] as unknown[], numbers: [] as number[], count: 0 };
  const read = (blocks: ReturnType<CsvSplitter["push"]>) => {
    for (const { lines, numbers } of blocks) {
      found.lines.push(...lines.toArray());
      found.numbers.push(...numbers!);
    }
  };
  for (const piece of pieces) {
    const bytes = new Uint8Array(piece);
    read(splitter.push(bytes));
    // The splitter may keep no reference to them.
    bytes.fill(0);
  }
  read(splitter.end());
  return { ...found, count: splitter.lines };
}

/** What the reader of texts finds: rows as JSON, and the lines on which they begin. */
function expected(text: string, separator: string, names: string[]) {
  const found = { lines: [] as string[], numbers: [] as number[], count: 0 };
  const rows = new CsvRows(separator, (row: CsvRow | undefined) => {
    if (row) {
      const { values } = row;
      const isWhole = values.length === names.length;
      found.lines.push(
        isWhole
          ? JSON.stringify(Object.fromEntries(values.map((value, at) => [names[at], value])))
          : refusalLine({
            message: `The row has ${values.length} ${values.length === 1 ? "value" : "values"}, the header 2`,
            found: values,
          }),
      );
      found.numbers.push(found.count + 1);
    }
    found.count += row?.lines ?? 1;
  });
  rows.push(text);
  if (rows.openLength !== undefined) {
    found.lines.push(refusalLine({ message: "A quote in this row is never closed", found: null }));
    found.numbers.push(found.count + 1);
  }
  return found;
}

function* numbers(seed: number): Generator<number> {
  for (let state = seed;;) {
    yield (state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 >>> 0) >>> 3;
  }
}

const CONTENTS = [
  "a",
  "é",
  "\u{1f600}",
  "\u2028",
  "\ufeff",
  "\\",
  "\0",
  "\b\f\t\x1f\x7f",
  "x".repeat(40),
  "",
  "'",
];
const ENDS = ["\n", "\r\n", "\r", "\n\n", "\r\r\n"];

/** A row of two values, of which some are in quotes. */
function makeRow(separator: string, pick: <T>(items: T[]) => T): string {
  const value = () => {
    const content = pick(CONTENTS) + pick(CONTENTS);
    const within = pick(["", '""', separator, "\n", "\r\n", "\r", "\n\r"]);
    return pick([
      content,
      `q${content}`,
      `q"${content}"`,
      `"${within}${content}${within}"`,
      `"${content}"${content}`,
    ]);
  };
  return `q${value()}${separator}${value()}${pick(ENDS)}`;
}

test.each([",", ";", "\t", "|", " "])(
  "with %j between values, rows are what texts are, however they are cut",
  (separator) => {
    const random = numbers(separator.charCodeAt(0));
    const pick = <T>(items: T[]): T => items[random.next().value! % items.length];
    for (let round = 0; round < 60; round++) {
      const rows = Array.from({ length: 8 }, () => makeRow(separator, pick)).join("");
      const bytes = encoder.encode(rows);
      const options = { separator, header: ["n", 'k"é'] };
      const wanted = expected(rows, separator, options.header);
      expect(split([bytes], options)).toEqual(wanted);
      expect(split(Array.from(bytes, (byte) => Uint8Array.of(byte)), options)).toEqual(wanted);
      const at = random.next().value! % bytes.length;
      expect(split([bytes.subarray(0, at), bytes.subarray(at)], options)).toEqual(wanted);
    }
  },
);

test("a row of many reads is read once: its time does not go with the square of its length", () => {
  const long = "long ".repeat(40_000);
  const text = `a,b\n1,2\n3,"${long}\n"\n4,5\n6,${long}\n7,8\n`;
  const bytes = encoder.encode(text);
  for (const size of [1_000, 70_000, bytes.length]) {
    const pieces = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, at) => bytes.subarray(at * size, (at + 1) * size),
    );
    const { lines, numbers, count } = split(pieces);
    expect(lines.map((line) => Object.values(JSON.parse(line as string)))).toEqual([
      ["1", "2"],
      ["3", `${long}\n`],
      ["4", "5"],
      ["6", long],
      ["7", "8"],
    ]);
    expect(numbers).toEqual([2, 3, 5, 6, 7]);
    expect(count).toBe(7);
  }
});

test("rows that do not fit the header or are not UTF-8 stand between the others, in their order", () => {
  const bytes = encoder.encode('a,b\r\n1,2\r\n3\r\n4,5,6\r\n7,"x\ny\r\n"\r\n8,Z\r\n9,10\r\n');
  bytes[bytes.indexOf("Z".charCodeAt(0))] = 0xff;
  for (let at = 0; at <= bytes.length; at++) {
    const { lines, numbers } = split(
      [bytes.subarray(0, at), bytes.subarray(at)].filter(({ length }) => length > 0),
    );
    expect(lines.map((line) => (line as string).slice(0, 9))).toEqual([
      '{"a":"1",',
      expect.not.stringContaining("{"),
      expect.not.stringContaining("{"),
      '{"a":"7",',
      expect.not.stringContaining("{"),
      '{"a":"9",',
    ]);
    expect(numbers).toEqual([2, 3, 4, 5, 8, 9]);
  }
});
