/** Files that are known by their first bytes: archives of many parts wherever reads end, and files of another format than was said. */
import { Buffer } from "node:buffer";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { CsvSplitter, readForm } from "../../lib/cli/input/formats/csv_splitter.ts";
import { type InputFile, readAhead } from "../../lib/cli/input/files/input_file.ts";
import { recognized } from "../../lib/cli/input/files/recognize.ts";
import { polyloop } from "./one_process.ts";
import { folder } from "./polyloop.ts";
import { startSync } from "../program.ts";

const SAME = ["run", "-e", "x => x"];
const hasZstd = startSync("zstd", ["--version"]).status === 0;

/** A file that is read in pieces of this size, each to the same memory. */
function fileOf(name: string, bytes: Uint8Array, size: number): InputFile {
  const memory = new Uint8Array(size);
  let at = 0;
  const next = () => {
    const piece = bytes.subarray(at, at + size);
    at += piece.length;
    memory.set(piece);
    return Promise.resolve(memory.subarray(0, piece.length));
  };
  return {
    name,
    stats: undefined,
    size: bytes.length,
    ...readAhead(next),
    close() {},
  };
}

/** What is in a file, and why there is no more. */
async function contentOf(
  name: string,
  bytes: Uint8Array,
  size: number,
): Promise<[text: string, error: string]> {
  const file = recognized(fileOf(name, bytes, size), { hasLines: true });
  const pieces: Uint8Array[] = [];
  try {
    for (let piece = await file.read(); piece.length > 0; piece = await file.read()) {
      pieces.push(piece.slice());
    }
    return [Buffer.concat(pieces).toString(), ""];
  } catch (error) {
    return [Buffer.concat(pieces).toString(), (error as Error).message];
  }
}

describe("an archive", () => {
  const texts = Array.from(
    { length: 40 },
    (_, at) => at % 9 === 0 ? "" : `{"n":${at},"text":"${"ä".repeat(at)}"}\n`,
  );
  const skippable = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
  const named = new Uint8Array([
    0x1f,
    0x8b,
    8,
    8,
    0,
    0,
    0,
    0,
    0,
    3,
    0x61,
    0,
    ...gzipSync("named\n").subarray(10),
  ]);
  const archives: [name: string, bytes: Uint8Array, text: string][] = [
    ["zst", Buffer.concat(texts.map((text) => zstdCompressSync(text))), texts.join("")],
    [
      "zst",
      Buffer.concat(
        texts.flatMap((text) => [Buffer.from(skippable), zstdCompressSync(text), Buffer.from(skippable)]),
      ),
      texts.join(""),
    ],
    ["gz", Buffer.concat(texts.map((text) => gzipSync(text))), texts.join("")],
    ["gz", Buffer.concat([named, gzipSync("more\n"), new Uint8Array(512)]), "named\nmore\n"],
  ];
  test.each(archives)("of many parts is read whole wherever reads end (.%s)", async (ending, bytes, text) => {
    for (const size of [1, 2, 3, 4, 5, 7, 11, 13, 64, 1000, 16384, 100_000]) {
      for (const name of [`a.${ending}`, "stdin"]) {
        expect([size, ...await contentOf(name, bytes, size)]).toEqual([size, text, ""]);
      }
    }
  });

  const [zst, gz] = [zstdCompressSync("1\n2\n"), gzipSync("1\n2\n")];
  const flipped = new Uint8Array(gz);
  flipped[gz.length - 6] ^= 1;
  test.each<[string, string, Uint8Array, string]>([
    [
      "something stands behind it",
      "gz",
      Buffer.concat([gz, Buffer.from("garbage")]),
      "it is not a gzip archive, or it is damaged (unexpected data after its end)",
    ],
    [
      "something stands behind its padding",
      "gz",
      Buffer.concat([gz, new Uint8Array(3), gz]),
      "it is not a gzip archive, or it is damaged (unexpected data after its end)",
    ],
    [
      "something stands behind it",
      "zst",
      Buffer.concat([zst, Buffer.from("garbage")]),
      "it is not a zstd archive, or it is damaged (no frame begins where one should)",
    ],
    [
      "its second part is cut off",
      "gz",
      Buffer.concat([gz, gzipSync("3\n").subarray(0, 10)]),
      "it is cut off: the end of the archive is missing",
    ],
    [
      "its second part is cut off",
      "zst",
      Buffer.concat([zst, zst.subarray(0, 3)]),
      "it is cut off: the end of the archive is missing",
    ],
    [
      "its checksum is another",
      "gz",
      flipped,
      "it is not a gzip archive, or it is damaged (incorrect data check)",
    ],
  ])("is handed on as far as it is sound where %s (.%s)", async (_, ending, bytes, reason) => {
    for (const size of [1, 2, 5, 16, 100_000]) {
      expect(await contentOf(`a.${ending}`, bytes, size)).toEqual(["1\n2\n", reason]);
    }
  });

  test.skipIf(!hasZstd)("from stdin, or under any name, is known by its first bytes", async () => {
    for (const program of ["gzip", "zstd"]) {
      const packed = Buffer.from(
        startSync("sh", ["-c", `printf 'a,b\\n1,2\\n' | ${program} -c | base64`]).stdout,
        "base64",
      );
      using dir = folder({ "in.csv": packed });
      const args = [...SAME, "--from", "csv"];
      expect((await polyloop(args, { stdin: packed })).stdout).toBe('{"a":"1","b":"2"}\n');
      expect((await polyloop([...args, "-i", "in.csv"], { cwd: dir.path })).stdout).toBe(
        '{"a":"1","b":"2"}\n',
      );
    }
  });

  test.each([
    ["\xfd7zXZ\0\0", "it is an xz archive: xz -dc FILE | polyloop …"],
    ["BZh91AY&SY", "it is a bzip2 archive: bzip2 -dc FILE | polyloop …"],
    ["PK\x03\x04\x14", "it is a zip archive or a spreadsheet. Unpack it, or save the table as CSV"],
  ])("of another kind is named (%j)", async (text, reason) => {
    const stdin = new Uint8Array(Buffer.from(text, "latin1"));
    const { code, stdout, stderr } = await polyloop([...SAME, "--from", "lines"], { stdin });
    expect([code, stdout]).toEqual([4, ""]);
    expect(stderr).toContain(`polyloop: Cannot read stdin: ${reason}\n`);
    using dir = folder({ in: stdin });
    const before = await polyloop([...SAME, "--from", "csv", "-i", "in"], { cwd: dir.path });
    expect([before.code, before.stderr]).toEqual([2, `polyloop: Cannot read in: ${reason}\n`]);
  });
});

test("the header of a CSV is known before anything runs, however small the reads are, and is read again", async () => {
  const text = '\n\n"2021";"a\nb"\n1;2\n';
  const file = fileOf("a.csv", new TextEncoder().encode(text), 2);
  expect(await readForm(file, new CsvSplitter({ separator: ";" }))).toEqual({
    columns: ["2021", "a\nb"],
    separator: ";",
  });
  expect(text.startsWith(new TextDecoder().decode(await file.peek()))).toBe(true);
});

describe("what is read as JSON lines and is something else is told once", () => {
  const TEXT = "the first line is not JSON. --from lines reads each line as a string";
  test.each([
    ["hello world\nand more\n", TEXT],
    [
      "a,b\n1,2\n",
      "the first line is not JSON. --from csv reads a table with a header, --from lines reads each line as a string",
    ],
    [
      "a\tb\n1\t2\n",
      "the first line is not JSON. --from tsv reads a table with a header, --from lines reads each line as a string",
    ],
    [
      '[\n{"a":1},\n{"a":2}\n]\n',
      "the input begins with a JSON array that spans several lines. --from json runs the task on each element",
    ],
    [
      '[{"a":"}"},\n{"a":2}]\n',
      "the input begins with a JSON array that spans several lines. --from json runs the task on each element",
    ],
    [
      '{\n  "a": 1\n}\n',
      "the first JSON value spans several lines. Write one value per line: jq -c . FILE | polyloop …",
    ],
    [
      '[{"a":1},{"a":2}]\n',
      "the only line is a JSON array, which was one input. --from json runs the task on each element",
    ],
    [
      '{"a":1},\n{"a":2}\n',
      "the first line ends with a comma. Remove it: sed 's/,$//' FILE | polyloop …",
    ],
    [
      '{"a":"}{"} {"a":2}\n',
      "the first line has several JSON values. Write one value per line: jq -c . FILE | polyloop …",
    ],
    ["1\r2\r3\r", "the lines end with CR alone: tr '\\r' '\\n' < FILE | polyloop …"],
    ['{"a":1}\r{"a":2}\r\n', "the lines end with CR alone: tr '\\r' '\\n' < FILE | polyloop …"],
    ["{'a': 1}\n", "the first line has texts in single quotes. JSON has double quotes"],
  ])("%j", async (stdin, hint) => {
    const { stderr } = await polyloop(SAME, { stdin });
    expect(stderr.split(`polyloop: ${hint}\n`)).toHaveLength(2);
  });

  test.each(['{"a":1}\nbroken\n', "\x01\x02 binary\n", '{"a":,1}\n', "[1,2]\n", '{"a":1}\n[{"a":1}]\n'])(
    "%j is not",
    async (stdin) => {
      const { stderr } = await polyloop(SAME, { stdin });
      expect(stderr).not.toContain("--from");
    },
  );

  test("an error names a position in the line, and no line of its own", async () => {
    const { stderr } = await polyloop(SAME, { stdin: '1\n{"a":1}}\n' });
    expect(stderr).toMatch(/^line 2: TaskInputError: The input is not valid JSON: /m);
    expect(stderr).not.toMatch(/line 1/);
  });

  test("--dry-run tells it, too", async () => {
    const { code, stderr } = await polyloop([...SAME, "--dry-run"], { stdin: "hello world\nand more\n" });
    expect([code, stderr]).toEqual([2, expect.stringContaining(`polyloop: ${TEXT}\n`)]);
  });
});
