/** What inputs are written in, beside lines: CSV, a JSON array, texts between NULs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CsvSplitter } from "../../lib/cli/input/formats/csv_splitter.ts";
import { JsonSplitter } from "../../lib/cli/input/formats/json_splitter.ts";
import { NulSplitter } from "../../lib/cli/input/formats/nul_splitter.ts";
import type { Splitter } from "../../lib/cli/input/formats/splitter.ts";
import { polyloop } from "./one_process.ts";
import { folder } from "./polyloop.ts";
import { startSync } from "../program.ts";

const encoder = new TextEncoder();
const hasPython = startSync("python3", ["--version"]).status === 0;

/** Everything that CSV allows and people regret. */
const UGLY = '\ufeffid,"na""me",empty,"two\nlines"\r\n' +
  '1,"a ""quoted"" word, and a comma",,"one\r\ntwo\n\nthree"\r\n' +
  "\r\n" +
  '2,"",  spaced  ,"ä 日本 😀"\n' +
  '3,5" wide,"""","\n"\r\n' +
  "007,null,true,1e3";

/** What a second tool reads. */
function pythonRows(path: string): unknown {
  const read = "import csv,json,sys; " +
    "rows = csv.DictReader(open(sys.argv[1], encoding='utf-8-sig', newline='')); print(json.dumps(list(rows)))";
  return JSON.parse(startSync("python3", ["-c", read, path]).stdout);
}

/** What a splitter makes of bytes that are cut where it says; texts, and the lines on which they begin. */
async function split(
  make: () => Splitter,
  bytes: Uint8Array,
  ...cuts: number[]
): Promise<[number, string][]> {
  const splitter = make();
  const ends = [...cuts, bytes.length];
  const found: [number, string][] = [];
  for (let at = 0, start = 0; at <= ends.length; start = ends[at++]) {
    const chunk = new Uint8Array(bytes.subarray(start, ends[at]));
    const blocks = at === ends.length ? await splitter.end() : await splitter.push(chunk);
    // As a file does, which reads the next bytes to the same place.
    chunk.fill(0x7a);
    for (const { lines, number, numbers } of blocks) {
      lines.toArray().forEach((line, at) => found.push([numbers?.[at] ?? number + at, String(line)]));
    }
  }
  return found;
}

/** That no cut changes what comes out. */
async function expectAnyCut(make: () => Splitter, bytes: Uint8Array, expected: [number, string][]) {
  expect(await split(make, bytes)).toEqual(expected);
  for (let cut = 0; cut <= bytes.length; cut++) expect(await split(make, bytes, cut)).toEqual(expected);
  expect(await split(make, bytes, ...bytes.keys())).toEqual(expected);
}

describe("CSV", () => {
  test("rows are objects, wherever chunks end, and know the lines on which they begin", async () => {
    await expectAnyCut(() => new CsvSplitter(), encoder.encode(UGLY), [
      [
        3,
        '{"id":"1","na\\"me":"a \\"quoted\\" word, and a comma","empty":"","two\\nlines":"one\\r\\ntwo\\n\\nthree"}',
      ],
      [8, '{"id":"2","na\\"me":"","empty":"  spaced  ","two\\nlines":"ä 日本 😀"}'],
      [9, '{"id":"3","na\\"me":"5\\" wide","empty":"\\"","two\\nlines":"\\n"}'],
      [11, '{"id":"007","na\\"me":"null","empty":"true","two\\nlines":"1e3"}'],
    ]);
  });

  test.skipIf(!hasPython)("an ugly file reads as Python's csv module reads it", async () => {
    using dir = folder({ "ugly.csv": UGLY });
    const { stdout, code } = await polyloop(["run", "-e", "x => x", "--from", "csv", "-i", "ugly.csv"], {
      cwd: dir.path,
    });
    expect(code).toBe(0);
    const rows = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    expect(rows).toEqual(pythonRows(join(dir.path, "ugly.csv")));
    expect(rows).toHaveLength(4);
  });

  test.skipIf(!hasPython)("written again, it reads as it did before", async () => {
    using dir = folder({ "ugly.csv": UGLY });
    const files = ["--from", "csv", "-i", "ugly.csv", "--to", "csv", "-o", "again.csv"];
    const { code } = await polyloop(["run", "-e", "x => x", ...files], { cwd: dir.path });
    expect(code).toBe(0);
    expect(pythonRows(join(dir.path, "again.csv"))).toEqual(pythonRows(join(dir.path, "ugly.csv")));
  });

  test("a row that does not fit the header, is no UTF-8 or is never closed is a failed input; the others run", async () => {
    const bad = [
      ...encoder.encode("a,b\n1,2\n3\n\n4,5,6\n7,"),
      0xff,
      ...encoder.encode('\n8,9\n10,"open\n11,12\n'),
    ];
    using dir = folder({ "in.csv": new Uint8Array(bad) });
    const args = ["run", "-e", "x => x.a", "--from", "csv", "-i", "in.csv", "--errors", "failed.jsonl"];
    const { code, stdout, stderr } = await polyloop(args, { cwd: dir.path });
    expect(code).toBe(1);
    expect(stdout).toBe('"1"\n"8"\n');
    expect(stderr).toContain("line 3: TaskInputError: The row has 1 value, the header 2\n");
    const failed = readFileSync(join(dir.path, "failed.jsonl"), "utf8").trimEnd().split("\n")
      .map((line) => JSON.parse(line));
    expect(failed.map(({ index, line, input, error }) => [index, line, input, error.message])).toEqual([
      [1, 3, ["3"], "The row has 1 value, the header 2"],
      [2, 5, ["4", "5", "6"], "The row has 3 values, the header 2"],
      [3, 6, ["7", "\ufffd"], "The row is not valid UTF-8 text"],
      [5, 8, null, "A quote in this row is never closed"],
    ]);
  });

  test("columns without a name, or with one that is there already, get one; no value is lost", async () => {
    const { code, stdout, stderr } = await polyloop(["run", "-e", "x => x", "--from", "csv"], {
      stdin: "a,,a,a_2,a\n1,2,3,4,5\n",
    });
    expect([code, stdout]).toEqual([0, '{"a":"1","column2":"2","a_3":"3","a_2":"4","a_4":"5"}\n']);
    expect(stderr).toContain("polyloop: stdin: a column of the header has no name; it is called column2\n");
    expect(stderr).toContain(
      'polyloop: stdin: the header repeats "a"; the second column is called "a_3"; 1 more column is renamed\n',
    );
  });

  test("a header without rows, or nothing at all, is no input", async () => {
    for (const stdin of ["a,b\n", ""]) {
      const { code, stdout } = await polyloop(["run", "-e", "x => x", "--from", "csv"], { stdin });
      expect([code, stdout]).toEqual([0, ""]);
    }
  });
});

describe("a JSON array", () => {
  test("its elements are texts on one line, wherever chunks end", async () => {
    const text =
      '\ufeff\n[ 1 , "a,]\\"\\\\" ,\n{"b": [\n2, {"c": "}"}],\r\n"d": null} ,[ ],\n\n  -1.5e3\n] \n';
    await expectAnyCut(() => new JsonSplitter(), encoder.encode(text), [
      [2, "1 "],
      [2, '"a,]\\"\\\\"'],
      [3, '{"b": [ 2, {"c": "}"}],\r "d": null}'],
      [5, "[ ]"],
      [7, "-1.5e3 "],
    ]);
    await expectAnyCut(() => new JsonSplitter(), encoder.encode("[\n]"), []);
  });

  test("what is wrong in an element is a failed input, told by its place; the others run", async () => {
    const stdin = '[1, 2 3, {"a": 1],\n"new\nline", , 5,]';
    const { code, stdout, stderr } = await polyloop(["run", "-e", "x => x", "--from", "json"], {
      stdin: stdin.replace("1]", "1, }"),
    });
    expect([code, stdout]).toEqual([1, "1\n5\n"]);
    expect(stderr).toMatch(/^element 2 \(line 1\): TaskInputError: The input is not valid JSON/m);
    expect(stderr).toMatch(/^element 3 \(line 1\): TaskInputError: The input is not valid JSON/m);
    expect(stderr).toMatch(/^element 4 \(line 2\): TaskInputError: The input is not valid JSON/m);
    expect(stderr).toContain("element 5 (line 3): TaskInputError: There is no element where one is expected");
    expect(stderr).toContain("element 7 (line 3): TaskInputError: There is no element where one is expected");
  });

  test("anything but an array ends the run before it begins", async () => {
    const run = (stdin: string) => polyloop(["run", "-e", "x => x", "--from", "json"], { stdin });
    const object = await run('\n {"a": [1]}');
    expect([object.code, object.stderr]).toEqual([
      2,
      'polyloop: Cannot read stdin: line 2: expected one JSON array, got "{"; --from jsonl reads a value per line\n',
    ]);
    const spread = await run('{\n  "items": [1]\n}\n');
    expect([spread.code, spread.stderr]).toEqual([
      2,
      'polyloop: Cannot read stdin: line 1: expected one JSON array, got "{"; ' +
      "to run on an array in the object: jq -c '.NAME[]' FILE | polyloop …\n",
    ]);
    const nothing = await run("\n");
    expect([nothing.code, nothing.stdout]).toEqual([4, ""]);
    expect((await run("")).code).toBe(2);
  });

  test("an array that is cut off is a read error after what came before: exit code 4", async () => {
    const { code, stdout, stderr } = await polyloop(["run", "-e", "x => x", "--from", "json"], {
      stdin: "[1,\n2,\n3",
    });
    expect([code, stdout]).toEqual([4, "1\n2\n"]);
    expect(stderr).toContain("polyloop: Cannot read stdin: line 3: it ends before the array does\n");
  });
});

describe("texts between NULs", () => {
  test("they may hold newlines and be empty; the last one ends in a NUL or not", async () => {
    const expected: [number, string][] = [[1, '"a\\nb"'], [2, '""'], [3, '"日本"']];
    await expectAnyCut(() => new NulSplitter(), encoder.encode("a\nb\0\0日本\0"), expected);
    await expectAnyCut(() => new NulSplitter(), encoder.encode("a\nb\0\0日本"), expected);
  });

  test("one that is not UTF-8 fails, and it alone", async () => {
    const stdin = new Uint8Array([0x61, 0, 0xff, 0x62, 0, 0x63]);
    const { code, stdout, stderr } = await polyloop(["run", "-e", "x => x", "--from", "nul"], { stdin });
    expect([code, stdout]).toEqual([1, '"a"\n"c"\n']);
    expect(stderr).toContain("item 2: TaskInputError: The input is not valid UTF-8 text\n");
  });
});

test("--dry-run reads every format as a run would", async () => {
  const run = (from: string, stdin: string) =>
    polyloop(["run", "-e", "x => x", "--dry-run", "--from", from], { stdin });
  expect((await run("csv", "a,b\n1,2\n3,4\n")).stderr).toContain(
    "ok: 2 inputs in stdin, each with as many values as the header\n",
  );
  expect((await run("json", "[1,[2]]")).stderr).toContain("ok: 2 inputs in stdin, all valid JSON\n");
  expect((await run("nul", "a\0b")).stderr).toContain("ok: 2 inputs in stdin\n");
  expect(await run("csv", "a,b\n1,2\n3\n")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("polyloop: 1 broken line among 2 inputs in stdin\n"),
  });
});

test("a JSONL line is what it is, even where it looks like what a reader says of a broken row", async () => {
  const { code, stderr } = await polyloop(["run", "-e", "x => x"], { stdin: '\x15["boo","x"]\n' });
  expect(code).toBe(1);
  expect(stderr).toContain("line 1: TaskInputError: The input is not valid JSON");
});
