/** What inputs are known by. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { fingerprint } from "../../lib/fingerprint.ts";
import { KeyTable } from "../../lib/wire/key_table.ts";
import { bytesOf, KEY_WORDS, shortKeyOf } from "../../lib/cli/journal/keys/input_key.ts";
import { LineHasher } from "../../lib/cli/journal/keys/line_hasher.ts";
import { Lines } from "../../lib/wire/lines.ts";
import { hashText } from "../../lib/wire/sha256.ts";
import { folder } from "./polyloop.ts";

test("a line's hash is SHA-256, at every length and in every order, also of bytes that are not UTF-8", () => {
  const hasher = new LineHasher();
  const line = (length: number) => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at++) bytes[at] = 128 + (length * 7 + at * 31) % 128;
    return bytes;
  };
  const lengths = Array.from({ length: 2_300 }, (_, length) => length);
  // Neighbours of the same length, of other lengths, and few of them; more bytes than are hashed at once.
  const blocks = [
    lengths,
    lengths.toReversed(),
    [5],
    [60, 3, 60, 60, 3],
    lengths.map((n) => (n * 1_237) % 2_300),
  ];
  for (const block of blocks) {
    const texts = block.map(line);
    const lines = new Lines(Buffer.concat(texts.flatMap((text) => [text, Buffer.from("\n")])), texts.length);
    const keys = new Uint32Array(block.length * KEY_WORDS);
    hasher.hash(lines, keys);
    for (const [at, text] of texts.entries()) {
      const hash = bytesOf(keys.subarray(at * KEY_WORDS, at * KEY_WORDS + 8));
      expect(Buffer.compare(hash, createHash("sha256").update(text).digest())).toBe(0);
    }
  }
});

test("lines of a block that lies within another are hashed alone", () => {
  const lines = new Lines(new TextEncoder().encode("before\nab\n\nafter\n"), 4).slice(1, 3);
  const keys = new Uint32Array(2 * KEY_WORDS);
  new LineHasher().hash(lines, keys);
  for (const [at, text] of ["ab", ""].entries()) {
    expect([...keys.subarray(at * KEY_WORDS, at * KEY_WORDS + 8)]).toEqual([...hashText(text)]);
  }
});

test("a table holds what a Map would, over many times its first size, also after it was sent", () => {
  let table = new KeyTable();
  const map = new Map<string, number>();
  for (let number = 0; number < 50_000; number++) {
    if (number === 10_000) table = new KeyTable(structuredClone(table.pack()));
    const content = `${number % 20_000}`;
    const { high, low } = shortKeyOf(hashText(content), 0);
    map.set(content, (map.get(content) ?? 0) + 1);
    expect(table.count(high, low)).toBe(map.get(content));
  }
  expect(table.size).toBe(20_000);
  const { high, low } = shortKeyOf(hashText("not there"), 0);
  expect(table.get(high, low)).toBe(0);
  table.set(high, low, 7);
  expect(table.get(high, low)).toBe(7);
});

test("each occurrence has a key of its own", () => {
  const hash = hashText("same");
  const keys = new Set(Array.from({ length: 10_000 }, (_, n) => JSON.stringify(shortKeyOf(hash, n))));
  expect(keys.size).toBe(10_000);
});

test("a fingerprint changes with everything that is imported by path", () => {
  using home = folder({
    "a.ts": 'import { b } from "./b.ts";\nimport "npm:nothing";\nexport default () => b;\n',
    "b.ts": 'export * from\n  "./c.ts"; const later = () => import("./d.ts");',
    "c.ts": 'import "./a.ts"',
    "d.ts": "1",
    "e.ts": "1",
  });
  const url = pathToFileURL(join(home.path, "a.ts")).href;
  const seen = new Set([fingerprint(url)]);
  for (const name of ["b.ts", "c.ts", "d.ts", "a.ts"]) {
    writeFileSync(join(home.path, name), "// changed\n", { flag: "a" });
    seen.add(fingerprint(url));
  }
  expect(seen.size).toBe(5);
  writeFileSync(join(home.path, "e.ts"), "2");
  expect(seen.has(fingerprint(url))).toBe(true);
  expect(fingerprint("data:,1")).not.toBe(fingerprint("data:,2"));
});

test("a version stands for its module, whatever else changes and wherever the file is", () => {
  const body = 'import { b } from "./b.ts";\nexport default () => b;\n';
  using home = folder({
    "a.ts": `export const version = "3";\n${body}`,
    "b.ts": "export const b = 1;\n",
    "other.ts": `export const version = "3";\n${body}`,
  });
  using moved = folder({ "a.ts": 'export const version = "3";\n' });
  const print = (name: string, { path } = home) => fingerprint(pathToFileURL(join(path, name)).href);
  const first = print("a.ts");
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  writeFileSync(join(home.path, "b.ts"), "export const b = 2;\n");
  writeFileSync(join(home.path, "a.ts"), `// Faster.\nexport const version = '3';\n${body}`);
  expect(print("a.ts")).toBe(first);
  expect(print("a.ts", moved)).toBe(first);
  expect(print("other.ts")).not.toBe(first);
  for (
    const text of [`export const version = "4";\n${body}`, body, `// export const version = "3";\n${body}`]
  ) {
    writeFileSync(join(home.path, "a.ts"), text);
    expect(print("a.ts")).not.toBe(first);
  }
});
