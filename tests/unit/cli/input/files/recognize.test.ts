/** What a file is, by its first bytes, and what is in it. */
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { argumentFile } from "../../../../../lib/cli/input/files/argument_file.ts";
import { decompressed } from "../../../../../lib/cli/input/files/decompress.ts";
import { type InputFile, readAhead } from "../../../../../lib/cli/input/files/input_file.ts";
import { recognized } from "../../../../../lib/cli/input/files/recognize.ts";

function fileOf(bytes: Uint8Array, { name = "in", size = bytes.length } = {}): InputFile {
  let at = 0;
  const next = () => {
    const piece = bytes.subarray(at, at + size);
    at += piece.length;
    return Promise.resolve(piece);
  };
  return { name, stats: undefined, size: bytes.length, ...readAhead(next), close() {} };
}

async function textOf(file: InputFile): Promise<string> {
  const pieces: Uint8Array[] = [];
  for (let bytes = await file.read(); bytes.length > 0; bytes = await file.read()) {
    pieces.push(new Uint8Array(bytes));
  }
  return Buffer.concat(pieces).toString();
}

const lines = { hasLines: true };

describe("recognized()", () => {
  test.each([1, 2, 3, 1_000])("gzip, UTF-16 and text are read, %i bytes at a time", async (size) => {
    const utf16 = Buffer.from("\ufeffé😀\n", "utf16le");
    const swapped = Buffer.from(utf16).swap16();
    expect(await textOf(recognized(fileOf(gzipSync("a\nb\n"), { size }), lines))).toBe("a\nb\n");
    expect(await textOf(recognized(fileOf(utf16, { size }), lines))).toBe("\ufeffé😀\n");
    expect(await textOf(recognized(fileOf(swapped, { size }), lines))).toBe("\ufeffé😀\n");
    expect(await textOf(recognized(fileOf(Buffer.from("plain"), { size }), lines))).toBe("plain");
  });

  test.each<[string, Uint8Array, RegExp]>([
    ["zip", Buffer.from("PK\x03\x04"), /zip archive/],
    ["SQLite", Buffer.from("SQLite format 3\0"), /SQLite database/],
    ["UTF-32", Buffer.from([0xff, 0xfe, 0, 0]), /UTF-32/],
    ["UTF-16 without a mark", Buffer.from("ab", "utf16le"), /UTF-16 without a byte order mark/],
  ])("%s is refused with a command", async (_, bytes, error) => {
    await expect(recognized(fileOf(bytes), lines).read()).rejects.toThrow(error);
  });

  test("NUL bytes between texts are no UTF-16 where they are expected", async () => {
    const bytes = Buffer.from("a\0b\0");
    expect(await textOf(recognized(fileOf(bytes), { hasLines: false }))).toBe("a\0b\0");
  });

  test("a tar archive is refused by its name, and a .gz that is none by its content", async () => {
    expect(() => recognized(fileOf(Buffer.from(""), { name: "x.tar.gz" }), lines)).toThrow(/tar archive/);
    await expect(recognized(fileOf(Buffer.from("text"), { name: "x.gz" }), lines).read()).rejects.toThrow(
      /not a gzip archive/,
    );
  });
});

describe("decompressed()", () => {
  const members = Buffer.concat([gzipSync("one\n"), gzipSync(""), gzipSync("two\n"), Buffer.alloc(5)]);

  test.each([1, 7, 4_096])(
    "reads all members of a gzip file and the padding, %i bytes at a time",
    async (size) => {
      expect(await textOf(decompressed(fileOf(members, { size }), "gzip"))).toBe("one\ntwo\n");
    },
  );

  test("returns what is sound, then says what is wrong", async () => {
    const whole = gzipSync("one\n");
    const cut = decompressed(fileOf(Buffer.concat([whole, whole.subarray(0, 12)])), "gzip");
    expect(Buffer.from(await cut.read()).toString()).toBe("one\n");
    await expect(textOf(cut)).rejects.toThrow(/cut off/);
    const damaged = Buffer.from(whole);
    damaged[damaged.length - 6] ^= 1;
    const file = decompressed(fileOf(damaged), "gzip");
    expect(Buffer.from(await file.read()).toString()).toBe("one\n");
    await expect(textOf(file)).rejects.toThrow(/damaged \(incorrect data check\)/);
    await expect(textOf(decompressed(fileOf(Buffer.from("")), "gzip"))).rejects.toThrow(/empty/);
  });
});

test("argumentFile() has a line of JSON for each argument", async () => {
  expect(await textOf(argumentFile(["a\nb", "1"], { json: false }))).toBe('"a\\nb"\n"1"\n');
  const json = await textOf(argumentFile(["1", "[1,\n2]", "{\n"], { json: true }));
  expect(json.split("\n").slice(0, 2)).toEqual(["1", "[1,2]"]);
  expect(json).toContain("The input is not valid JSON");
});
