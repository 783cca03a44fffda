/** Rows of CSV: the quoting rules, however the bytes are cut. */
import { describe, expect, test } from "vitest";
import { CsvRows } from "../../../../../lib/cli/input/formats/csv_rows.ts";
import { CsvSplitter } from "../../../../../lib/cli/input/formats/csv_splitter.ts";
import { numberAt } from "../../../../../lib/cli/input/origin.ts";
import { refusalLine } from "../../../../../lib/wire/refusal.ts";
import { RECORD, recordOfRow } from "../../../../../lib/wire/table_row.ts";

const encoder = new TextEncoder();
const FORM = { columns: ["a", "b"], separator: "," };

/** Splits a file that is read in these pieces. Rows that workers would read are shown as records. */
function split(pieces: Uint8Array[], options: ConstructorParameters<typeof CsvSplitter>[0] = {}) {
  const splitter = new CsvSplitter(options);
  const found = { lines: [] as unknown[], numbers: [] as number[], count: 0 };
  const read = (blocks: ReturnType<CsvSplitter["push"]>) => {
    for (const block of blocks) {
      const lines = block.lines.toArray() as string[];
      const form = { columns: splitter.names!, separator: splitter.separator };
      found.lines.push(...options.rows ? lines.map((line) => recordOfRow(line, form)) : lines);
      found.numbers.push(...lines.map((_, at) => numberAt(block, at)));
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

describe("CsvRows", () => {
  function read(texts: string[], separator = ",") {
    const found: string[][] = [];
    // Without names, it writes no row.
    const rows = new CsvRows(separator, ({ values }) => found.push(values));
    for (const text of texts) rows.read(encoder.encode(text));
    return { found, rows };
  }

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
    ["a\n\nb\n", [["a"], ["b"]]],
  ])("%j is %j", (text, expected) => expect(read([text]).found).toEqual(expected));

  test.each([";", "é", "→"])("the separator may be %s", (separator) => {
    // The other characters begin with the same byte.
    const text = `aè⇒${separator}"b${separator}c"\n`;
    expect(read([text], separator).found).toEqual([["aè⇒", `b${separator}c`]]);
  });

  test("lines are counted, also empty ones and those within quotes", () => {
    expect(read(['a,b\n\n"c\nd\r\ne\r","\nf"\r\n']).rows.lines).toBe(7);
  });

  test("a quoted value goes on in the next bytes; a line end may be in two of them", () => {
    expect(read(['"a\n', 'b",c\r', "\nd\n"]).found).toEqual([["a\nb", "c"], ["d"]]);
    const { found, rows } = read(['"a\r', '\nb"\n']);
    expect(found).toEqual([["a\r\nb"]]);
    expect(rows.lines).toBe(2);
  });

  test("a row is open while it ends within quotes", () => {
    const rows = new CsvRows(",", () => {});
    rows.read(encoder.encode('x,"abc\n'));
    expect(rows.isOpen).toBe(true);
    expect(rows.openLength).toBeGreaterThan(4);
    rows.read(encoder.encode('d"\n'));
    expect(rows.isOpen).toBe(false);
    expect(rows.openLength).toBe(0);
  });
});

/** What a reader of texts finds: rows as JSON, and the lines on which they begin. */
function expected(text: string, separator: string, names: string[]) {
  const found = { lines: [] as string[], numbers: [] as number[], count: 0 };
  const newlines = (text: string) => text.match(/\r\n|\n|\r/g)?.length ?? 0;
  const plain = `[^${separator}\r\n]*`;
  const end = `${separator.replace("|", "\\|")}|\r\n|\n|\r`;
  const value = new RegExp(`(?:"((?:[^"]|"")*)"(?!")(${plain})|(?!")(${plain}))(${end})`, "y");
  while (value.lastIndex < text.length) {
    if ("\r\n".includes(text[value.lastIndex])) {
      value.lastIndex += text.startsWith("\r\n", value.lastIndex) ? 2 : 1;
      found.count++;
      continue;
    }
    const values: string[] = [];
    let lines = 1;
    for (let end = separator; end === separator;) {
      const match = value.exec(text);
      if (!match) {
        found.lines.push(refusalLine({ message: "A quote in this row is never closed", found: null }));
        found.numbers.push(found.count + 1);
        return found;
      }
      const [, quoted, rest, bare, after] = match;
      values.push(bare ?? quoted.replaceAll('""', '"') + rest);
      lines += newlines(quoted ?? "");
      end = after;
    }
    found.lines.push(
      values.length === names.length
        ? JSON.stringify(Object.fromEntries(values.map((value, at) => [names[at], value])))
        : refusalLine({
          message: `The row has ${values.length} ${values.length === 1 ? "value" : "values"}, the header 2`,
          found: values,
        }),
    );
    found.numbers.push(found.count + 1);
    found.count += lines;
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
  RECORD,
  "\x15",
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
    for (let round = 0; round < 40; round++) {
      const text = Array.from({ length: 8 }, () => makeRow(separator, pick)).join("");
      const bytes = encoder.encode(text);
      const options = { separator, header: ["n", 'k"é'] };
      const wanted = expected(text, separator, options.header);
      const at = random.next().value! % bytes.length;
      for (const rows of [undefined, { columns: options.header, separator }]) {
        const how = { ...options, rows };
        expect(split([bytes], how)).toEqual(wanted);
        expect(split(Array.from(bytes, (byte) => Uint8Array.of(byte)), how)).toEqual(wanted);
        expect(split([bytes.subarray(0, at), bytes.subarray(at)], how)).toEqual(wanted);
      }
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
  for (let at = 0; at <= 2 * bytes.length; at++) {
    const cut = at % bytes.length;
    const { lines, numbers } = split(
      [bytes.subarray(0, cut), bytes.subarray(cut)].filter(({ length }) => length > 0),
      { rows: at > bytes.length ? FORM : undefined },
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

describe("rows that workers read", () => {
  /** Takes a file with this first line, which was read. Returns how the rows are sent. */
  const sent = (text: string, first = "x,y") => {
    const splitter = new CsvSplitter({ header: FORM.columns, rows: FORM });
    splitter.push(encoder.encode(`${first}\n`));
    return splitter.push(encoder.encode(text)).map(({ lines, number }) => ({
      lines: lines.toArray(),
      number,
    }));
  };

  test("are lines of the file, also with quotes, a carriage return at the end, or too few values", () => {
    expect(sent('1,"2,""3"\r\n4\n5,6\n')).toEqual([{ lines: ['1,"2,""3"\r', "4", "5,6"], number: 2 }]);
  });

  test("are not empty lines", () => {
    expect(sent("\n1,2\r\n\r\n3,4\n\n")).toEqual([
      { lines: ["1,2\r"], number: 3 },
      { lines: ["3,4"], number: 5 },
    ]);
  });

  test("are none after a line that names another separator", () => {
    expect(sent("1;2\n", "sep=;")).toEqual([{ lines: [`${RECORD}{"a":"1","b":"2"}`], number: 2 }]);
  });

  test.each([
    ["spans lines", '"3\n",4\n', '{"a":"3\\n","b":"4"}'],
    ["holds a carriage return", '"3\r",4\n', '{"a":"3\\r","b":"4"}'],
    ["ends in a carriage return alone", "3,4\r", '{"a":"3","b":"4"}'],
    ["begins like a record", `${RECORD},4\n`, '{"a":"\\u0016","b":"4"}'],
    ["begins like a refusal", "\x15,4\n", '{"a":"\\u0015","b":"4"}'],
  ])("a row that %s is sent as a record between them", (_, row, record) => {
    const number = 4 + (/"3[\r\n]/.test(row) ? 1 : 0);
    expect(sent(`1,2\n${row}5,6\n`)).toEqual([
      { lines: ["1,2"], number: 2 },
      { lines: [`${RECORD}${record}`], number: 3 },
      { lines: ["5,6"], number },
    ]);
  });

  test("share the memory of their read, which is freed when all have settled", () => {
    const splitter = new CsvSplitter({ header: FORM.columns, rows: FORM });
    splitter.push(encoder.encode("x,y\n"));
    const plain = splitter.push(encoder.encode('1,2\n3,4\n"5\n",6\n7,8\n\n9,10\n'))
      .filter(({ numbers }) => !numbers);
    expect(plain.map(({ lines }) => lines.length)).toEqual([2, 1, 1]);
    expect(new Set(plain.map(({ memory }) => memory)).size).toBe(1);
    expect(plain[0].memory.left).toBe(4);
  });

  test("are none after several others in the same read, which would be searched again and again", () => {
    const blocks = sent('"3\n",4\n'.repeat(50) + "5,6\n");
    expect(blocks.flatMap(({ lines }) => lines)).toEqual([
      ...Array.from({ length: 50 }, () => `${RECORD}{"a":"3\\n","b":"4"}`),
      `${RECORD}{"a":"5","b":"6"}`,
    ]);
    expect(blocks).toHaveLength(9);
  });
});
