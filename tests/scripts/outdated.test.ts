/** Versions of packages and runtimes: each is the same wherever it is named. `deno task outdated` reads them. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import dev from "../../deno.dev.json" with { type: "json" };
import { isDeno } from "../program.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The folders and files that name versions, apart from `deno.dev.json`. */
const FOLDERS = ["lib", "scripts", "tests", ".github"];
const PAGES = ["README.md", "CONTRIBUTING.md", ".ci/run"];

// The scripts are for Deno alone.
test.skipIf(!isDeno)("the source names each package in one version", async () => {
  const { packagesOf } = await import("../../scripts/outdated.ts");
  const inFolders = await Promise.all(FOLDERS.map((folder) => packagesOf(ROOT + folder)));
  const packages = new Set([...inFolders.flat(), ...Object.values(dev.imports)]);
  const names = [...packages].filter((target) => target.startsWith("npm:"))
    .map((target) => target.replace(/@[^@]+$/, ""));
  for (const name of ["bullmq", "@clack/prompts", "es-module-lexer", "vitest"]) {
    expect(names).toContain(`npm:${name}`);
  }
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
});

test.skipIf(!isDeno)(
  "pages, workflows and messages name one version of each runtime and of each peer",
  async () => {
    const { filesIn } = await import("../../scripts/npm/folders.ts");
    const inFolders = await Promise.all(
      FOLDERS.map(async (folder) => (await filesIn(ROOT + folder)).map((file) => `${folder}/${file}`)),
    );
    const texts = [...inFolders.flat().filter((file) => /\.(ts|md|yml|sh)$/.test(file)), ...PAGES]
      .map((file) => readFileSync(ROOT + file, "utf8")).join("\n");
    const versions = (pattern: RegExp) => [
      ...new Set(Array.from(texts.matchAll(pattern), ([, found]) => found)),
    ];
    expect(versions(/\bdeno@(\d+\.\d+\.\d+)/g)).toHaveLength(1);
    expect(versions(/\bbun(?:@|-version: )(\d+\.\d+\.\d+)/g)).toHaveLength(1);
    for (const peer of ["bullmq", "ioredis"]) {
      // The source names the whole version, and `npm install` its first number.
      expect(versions(new RegExp(`\\b${peer}@(\\d+)`, "g")), peer).toHaveLength(1);
    }
  },
);
