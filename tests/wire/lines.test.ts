/** Many texts as one array of bytes, and back. */
import { expect, test } from "vitest";
import { Lines, pack, TextReader, unpack, type Values } from "../../lib/wire/lines.ts";

function cross(values: Values): unknown[] {
  const crossed = unpack(structuredClone(pack(values)));
  return crossed instanceof Lines ? crossed.toArray() : crossed;
}

const many = (text: (n: number) => unknown) => Array.from({ length: 20 }, (_, n) => text(n));

test.each<[string, unknown[]]>([
  ["plain texts", many((n) => `text ${n}`)],
  ["empty ones", many(() => "")],
  ["texts with carriage returns and marks", many((n) => `\ufeff${n}\r`)],
  ["texts of many bytes a character", many((n) => `日本語 😀 ${n}`)],
  ["texts with newlines", many((n) => `two\nlines ${n}`)],
  ["one with half a surrogate pair", many((n) => (n === 7 ? "\ud83d" : "x"))],
  ["one that is no text", many((n) => (n === 19 ? 5 : "x"))],
  ["few texts", ["one", "two"]],
  ["none", []],
])("%s arrive as they were", (_name, values) => {
  expect(cross(values)).toEqual(values);
});

test("texts cross as lines only where nothing is lost by it", () => {
  expect(pack(many((n) => `text ${n}`))).toHaveProperty("bytes");
  for (const text of ["two\nlines", "\udc00", undefined, "x".repeat(5_000)]) {
    expect(pack(many(() => text))).toBeInstanceOf(Array);
  }
});

test("a slice has its own lines, whichever way it is asked, and crosses without the rest", () => {
  const bytes = new TextEncoder().encode("zero\none\n\nthrée\nfour\n");
  const all = new Lines(bytes, 5);
  const some = all.slice(1, 4);
  expect(some.toArray()).toEqual(["one", "", "thrée"]);
  expect([some.at(0), some.at(1), some.at(2), some.length]).toEqual(["one", "", "thrée", 3]);
  expect(some.slice(1).toArray()).toEqual(["", "thrée"]);
  expect(some.slice(1, 1).toArray()).toEqual([]);
  expect(new TextDecoder().decode(some.bytes)).toBe("one\n\nthrée\n");
  expect(some.pack().bytes.buffer.byteLength).toBe(some.bytes.length);
});

test("a line that is no UTF-8 is its bytes, its neighbours are text", () => {
  const lines = new Lines(new Uint8Array([0x61, 10, 0xff, 10, 0x62, 10]), 3);
  expect(lines.toArray()).toEqual(["a", new Uint8Array([0xff]), "b"]);
});

test("a reader returns every line of many pieces, also bytes that are no UTF-8, and lines that nobody asks for are passed over", () => {
  const texts = Array.from({ length: 3_000 }, (_, n) => `line ${n} é`);
  const bytes = new TextEncoder().encode(`${texts.join("\n")}\n`);
  bytes[bytes.lastIndexOf(10, -2) + 1] = 0xff;
  const expected: unknown[] = [...texts.slice(0, -1), new Lines(new Uint8Array(bytes), 3_000).at(2_999)];
  const all = new TextReader(new Lines(new Uint8Array(bytes), 3_000));
  expect(Array.from({ length: all.length }, (_, n) => all.at(n))).toEqual(expected);
  const some = new TextReader(new Lines(new Uint8Array(bytes), 3_000));
  expect([0, 7, 7, 1_500, 2_998, 2_999].map((n) => some.at(n))).toEqual(
    [0, 7, 7, 1_500, 2_998, 2_999].map((n) => expected[n]),
  );
});

test("a reader frees the memory of lines once the last ones are read", () => {
  const bytes = new TextEncoder().encode("one\n".repeat(3_000));
  const reader = new TextReader(new Lines(bytes, 3_000));
  reader.at(0);
  expect(bytes.buffer.byteLength).toBe(12_000);
  reader.at(2_999);
  expect(bytes.buffer.byteLength).toBe(0);
});
