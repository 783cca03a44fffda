/** The sha256 example against the real `sha256sum`: by itself, and through the command line. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { COMMAND } from "../cli/polyloop.ts";
import { isDeno, start } from "../program.ts";
import { sha256sum } from "./sha256.ts";

const NAMES = [
  "plain.txt",
  " spaces  ",
  "quo\"te's",
  "ünï✓",
  "back\\slash",
  "line\nbreak",
  "return\r",
  "\\n",
  "*",
];

test("polyloop run with sha256.ts prints, line for line and in order, what xargs sha256sum prints", async () => {
  const found = await start("find", ["/usr/share/doc", "-type", "f", "-name", "copyright"]);
  expect(found.out).not.toBe("");
  const real = await start("xargs", ["-d", "\\n", "sha256sum"], found.out);
  const args = ["--from", "lines", "--to", "lines", "tests/examples/sha256.ts#sha256sum"];
  const [program, ...first] = COMMAND;
  const ours = await start(
    program,
    [...first, "run", ...(isDeno ? ["--allow-read"] : []), ...args],
    found.out,
  );
  expect(ours.code, ours.err).toBe(0);
  expect(ours.out).toBe(real.out);
});

test("sha256sum() escapes a name as the real one does, and reads files larger than one chunk", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sha256-"));
  try {
    const paths = NAMES.map((name) => join(folder, name));
    for (const [index, path] of paths.entries()) await writeFile(path, "polyloop\n".repeat(index * 40_000));
    const real = await start("sha256sum", ["--", ...paths]);
    const ours = await Promise.all(paths.map(sha256sum));
    expect(ours.map((line) => `${line}\n`).join("")).toBe(real.out);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("sha256sum() of a file that is not there throws and names it", async () => {
  await expect(sha256sum("no/such/file")).rejects.toThrow("no/such/file");
});
