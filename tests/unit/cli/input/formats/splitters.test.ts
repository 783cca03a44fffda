/** The splitters of all input formats: the same inputs, whatever the reads are. */
import { expect, test } from "vitest";
import { CsvSplitter } from "../../../../../lib/cli/input/formats/csv_splitter.ts";
import { JsonSplitter } from "../../../../../lib/cli/input/formats/json_splitter.ts";
import { LineSplitter } from "../../../../../lib/cli/input/formats/line_splitter.ts";
import { NulSplitter } from "../../../../../lib/cli/input/formats/nul_splitter.ts";
import { type Block, type Splitter, Unfinished } from "../../../../../lib/cli/input/formats/splitter.ts";

const encoder = new TextEncoder();

interface Inputs {
  lines: unknown[];
  numbers: number[];
  size: number;
}

async function split(splitter: Splitter, reads: Uint8Array[]): Promise<Inputs> {
  const found: Inputs = { lines: [], numbers: [], size: 0 };
  const add = (blocks: Block[]) => {
    for (const { lines, number, numbers, size = 0 } of blocks) {
      found.lines.push(...lines.toArray());
      found.numbers.push(...numbers ?? Array.from({ length: lines.length }, (_, at) => number + at));
      found.size += size;
    }
  };
  for (const bytes of reads) add(await splitter.push(new Uint8Array(bytes)));
  add(await splitter.end());
  return found;
}

const cases: [name: string, make: () => Splitter, text: string, lines: string[], numbers: number[]][] = [
  ["JSON lines", () => new LineSplitter({ skipBlank: true }), "\ufeff1\r\n\n {}\n\t\n[2]", [
    "1",
    " {}",
    "[2]",
  ], [1, 3, 5]],
  ["lines", () => new LineSplitter({ skipBlank: false }), "a\n\nbé", ["a", "", "bé"], [1, 2, 3]],
  ["NUL", () => new NulSplitter(), "\ufeffa\nb\0\0c", ['"a\\nb"', '""', '"c"'], [1, 2, 3]],
  ["JSON", () => new JsonSplitter(), '\n[1, "a,]\\"",\n {"b": [2,\n3]}, null ]\n', [
    "1",
    '"a,]\\""',
    '{"b": [2, 3]}',
    "null ",
  ], [2, 2, 3, 4]],
  ["CSV", () => new CsvSplitter(), 'sep=;\na;b\n1;"x\ny"\n\n2;é', [
    '{"a":"1","b":"x\\ny"}',
    '{"a":"2","b":"é"}',
  ], [3, 6]],
];

test.each(cases)(
  "%s: every way to cut the bytes once gives the same inputs",
  async (_, make, text, lines, numbers) => {
    const bytes = encoder.encode(text);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const found = await split(
        make(),
        [bytes.subarray(0, cut), bytes.subarray(cut)].filter(({ length }) => length > 0),
      );
      expect(found).toMatchObject({ lines, numbers });
    }
    const single = await split(make(), Array.from(bytes, (byte) => new Uint8Array([byte])));
    expect(single).toMatchObject({ lines, numbers });
  },
);

test.each<[string, RegExp]>([
  ["{}", /^line 1: expected one JSON array, got "{"; --from jsonl/],
  ["[1] 2", /^line 1: there is something after the array: "2"/],
  ["[1}", /expected "," or "\]", got "}"/],
  ["[1,\n2", /^line 2: it ends before the array does/],
  ["", /expected an array, and it is empty/],
])("JSON: %j ends with an error that says where", async (text, error) => {
  const reads = text === "" ? [] : [encoder.encode(text)];
  const splitter = new JsonSplitter();
  await expect((async () => {
    await split(splitter, reads);
    await splitter.end();
  })()).rejects.toThrow(error);
});

test("JSON: a missing element, and one without a comma before it, are inputs that fail", async () => {
  const { lines } = await split(new JsonSplitter(), [encoder.encode("[1,,2 3]")]);
  expect(lines).toHaveLength(3);
  expect(lines[1]).toContain("There is no element where one is expected");
  const strayed = await split(new JsonSplitter(), [encoder.encode('["a" 3]')]);
  expect(strayed.lines[1]).toContain("There is no comma before this element");
});

test("CSV: a row with too few values is an input that fails, and its neighbours are rows", async () => {
  const { lines } = await split(new CsvSplitter(), [encoder.encode("a,b\n1\n2,3\n")]);
  expect(lines).toEqual([expect.stringContaining("The row has 1 value, the header 2"), '{"a":"2","b":"3"}']);
});

test("CSV: columns are given, or numbered", async () => {
  const bytes = [encoder.encode("1,2\n")];
  expect((await split(new CsvSplitter({ header: ["x", "y"] }), bytes)).lines).toEqual(['{"x":"1","y":"2"}']);
  expect((await split(new CsvSplitter({ header: false }), bytes)).lines).toEqual([
    '{"column1":"1","column2":"2"}',
  ]);
});

test("Unfinished: the bytes of several reads become one input", () => {
  const unfinished = new Unfinished();
  expect(unfinished.push(Uint8Array.of(1, 2), 0)).toBe(undefined);
  expect(unfinished.push(Uint8Array.of(3, 0, 4), 2)).toEqual(Uint8Array.of(1, 2, 3, 0));
  expect(unfinished.length).toBe(1);
  expect(unfinished.end(0)).toEqual(Uint8Array.of(4, 0));
});

test("CSV: bytes that are not UTF-8 make their row an input that fails, and no other; the header must be UTF-8", async () => {
  const bytes = encoder.encode("a,b\n1,X\n2,é\n");
  const broken = new Uint8Array(bytes);
  broken[bytes.indexOf(88)] = 0xff;
  const { lines } = await split(new CsvSplitter(), [broken]);
  expect(lines).toEqual([
    expect.stringContaining('"The row is not valid UTF-8 text",["1","\ufffd"]'),
    '{"a":"2","b":"é"}',
  ]);
  expect(() => new CsvSplitter().push(Uint8Array.of(97, 0xff, 10))).toThrow(
    /line 1: the header is not valid UTF-8/,
  );
});
