/** An input runs as soon as its end was read, and its result is written when it is there: no end of the input is waited for. */
import { createReadStream, readFileSync } from "node:fs";
import { join } from "node:path";
import zlib from "node:zlib";
import { describe, expect, test } from "vitest";
import { polyloop } from "./one_process.ts";
import { folder, RunningPolyloop } from "./polyloop.ts";
import { startSync } from "../program.ts";

const SAME = ["run", "-e", "x => x", "--progress", "none"];

/** The parts of an archive, flushed after each. */
async function parts(
  stream: zlib.Gzip | zlib.ZstdCompress,
  kind: number,
  texts: string[],
): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  let out: Uint8Array[] = [];
  stream.on("data", (bytes) => out.push(bytes));
  for (const text of texts) {
    stream.write(text);
    await new Promise<void>((done) => stream.flush(kind, done));
    found.push(Buffer.concat(out));
    out = [];
  }
  return found;
}

/** Writes one piece after another, each when the result of the one before it is there; the input never ends. */
async function expectEach(
  args: string[],
  pieces: [written: string | Uint8Array, expected: string][],
): Promise<void> {
  const run = new RunningPolyloop([...SAME, ...args]);
  for (const [written, expected] of pieces) {
    run.stdin.write(written);
    await run.says(expected);
  }
  run.stdin.end();
  await run.ended;
}

describe("a result comes before the next input is written", () => {
  const cases: [name: string, args: string[], pieces: [string, string][]][] = [
    ["JSON lines", [], [['{"a":1}\n', '{"a":1}\n'], ['{"a":2}\r\n', '{"a":2}\n']]],
    ["lines", ["--from", "lines"], [["one\r\n", '"one"\n'], ["two\n", '"two"\n']]],
    ["CSV", ["--from", "csv"], [["a,b\n1,2\n", '"2"}\n'], ["3,4\r\n", '"4"}\n'], ['5,"6"\n', '"6"}\n']]],
    ["CSV, where a read ends within \\r\\n", ["--from", "csv"], [["a,b\r\n1,2\r", '"2"}\n'], [
      '\n3,"4"\r',
      '"4"}\n',
    ], [
      "\n5,6\r\n",
      '"6"}\n',
    ]]],
    ["CSV to CSV", ["--from", "csv", "--to", "csv"], [["a,b\n1,2\n", "1,2\n"], ["3,4\n", "3,4\n"]]],
    ["TSV", ["--from", "tsv", "--to", "tsv"], [["a\tb\n1\t2\n", "1\t2\n"], ["3\t4\n", "3\t4\n"]]],
    ["texts between NULs", ["--from", "nul"], [["one\0", '"one"\n'], ["two\0", '"two"\n']]],
    ["a JSON array whose elements are closed", ["--from", "json"], [
      ['[{"a":1}', '{"a":1}\n'],
      [',\n"two"', '"two"\n'],
      [
        ",[3]",
        "[3]\n",
      ],
      [",4,", "4\n"],
      ["5]", "5\n"],
    ]],
    ["to a JSON array", ["--to", "json"], [["1\n", "[\n1"], ["2\n", ",\n2"]]],
    ["envelopes", ["--envelope"], [["1\n", '"value":1'], ["2\n", '"value":2']]],
    ["batches that are not full", ["--batch", "10"], [["1\n", "1\n"], ["2\n3\n", "2\n3\n"]]],
    ["batches of CSV", ["--batch", "10", "--from", "csv"], [["a\n1\n", '"1"}\n'], ["2\n", '"2"}\n']]],
    ["processes", ["--isolation", "process", "--unordered"], [["1\n", "1\n"], ["2\n", "2\n"]]],
  ];
  test.each(cases)("%s", async (_, args, pieces) => await expectEach(args, pieces));

  test("UTF-16", async () => {
    const pieces: [Uint8Array, string][] = ["\ufeff1\n", "2\n"].map((text) => [
      new Uint8Array(Buffer.from(text, "utf16le")),
      text.replace("\ufeff", ""),
    ]);
    await expectEach([], pieces);
  });

  test("archives that are flushed", async () => {
    const gzip = await parts(zlib.createGzip(), zlib.constants.Z_SYNC_FLUSH, ["1\n", "2\n"]);
    await expectEach([], gzip.map((bytes, at) => [bytes, `${at + 1}\n`]));
    const zstd = await parts(zlib.createZstdCompress(), zlib.constants.ZSTD_e_flush, ["1\n", "2\n"]);
    await expectEach([], zstd.map((bytes, at) => [bytes, `${at + 1}\n`]));
  });
});

test.each(["gz", "zst"])("a .%s that is written may be read while the run goes on", async (ending) => {
  using dir = folder();
  const path = join(dir.path, `o.${ending}`);
  startSync("mkfifo", [path]);
  const run = new RunningPolyloop([...SAME, "-o", path]);
  const unpacked = createReadStream(path).pipe(
    ending === "gz" ? zlib.createGunzip() : zlib.createZstdDecompress(),
  );
  const results = unpacked[Symbol.asyncIterator]();
  for (const line of ["1\n", "2\n"]) {
    run.stdin.write(line);
    expect(String((await results.next()).value)).toBe(line);
  }
  run.stdin.end();
  expect((await run.ended).code).toBe(0);
  expect((await results.next()).done).toBe(true);
});

test("the first broken lines that --dry-run names are the first in the file, whichever worker is quicker", async () => {
  // To see that the first line is broken takes long, and its neighbours go to another worker.
  const slow = `[${"1,".repeat(4_000_000)}x]`;
  const quick = Array.from({ length: 12 }, (_, at) => `broken ${at + 2}`).join("\n");
  using dir = folder({ "in.jsonl": `${slow}\n${quick}\n` });
  const { code, stderr } = await polyloop(["run", "-e", "x => x", "--dry-run", "-j", "2", "-i", "in.jsonl"], {
    cwd: dir.path,
  });
  expect(code).toBe(2);
  const named = [...stderr.matchAll(/^line (\d+): /gm)].map(([, number]) => Number(number));
  expect(named).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(readFileSync(join(dir.path, "in.jsonl"))).not.toHaveLength(0);
});
