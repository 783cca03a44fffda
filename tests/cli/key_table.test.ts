/** What inputs are known by. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { fingerprint } from "../../lib/fingerprint.ts";
import { KeyTable } from "../../lib/cli/journal/keys/key_table.ts";
import { bytesOf, hashLine, hashLineOf, shortKeyOf } from "../../lib/cli/journal/keys/input_key.ts";
import { Lines } from "../../lib/wire/lines.ts";
import { folder } from "./polyloop.ts";

test("a line's hash is SHA-256, at every length and of bytes too", () => {
  for (let length = 0; length < 1_500; length++) {
    const line = "é".repeat(length % 300) + "x".repeat(length);
    const expected = createHash("sha256").update(line).digest();
    expect(Buffer.compare(bytesOf(hashLine(line)), expected)).toBe(0);
    const bytes = new TextEncoder().encode(line);
    expect(Buffer.compare(bytesOf(hashLine(bytes)), expected)).toBe(0);
    const lines = new Lines(new TextEncoder().encode(`before\n${line}\nafter\n`), 3);
    expect(Buffer.compare(bytesOf(hashLineOf(lines, 1)), expected)).toBe(0);
  }
});

test("a table holds what a Map would, over many times its first size", () => {
  const table = new KeyTable(4);
  const map = new Map<string, number>();
  for (let number = 0; number < 50_000; number++) {
    const content = `${number % 20_000}`;
    const { high, low } = shortKeyOf(hashLine(content), 0);
    map.set(content, (map.get(content) ?? 0) + 1);
    expect(table.count(high, low)).toBe(map.get(content));
  }
  expect(table.size).toBe(20_000);
  const { high, low } = shortKeyOf(hashLine("not there"), 0);
  expect(table.get(high, low)).toBe(0);
  table.set(high, low, 7);
  expect(table.get(high, low)).toBe(7);
});

test("each occurrence has a key of its own", () => {
  const hash = hashLine("same");
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
