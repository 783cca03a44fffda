/** The versions of packages: `deno task outdated` finds each that the source names. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { isDeno } from "../program.ts";

// The scripts are for Deno alone.
test.skipIf(!isDeno)("the source names each package in one version", async () => {
  const { packagesOf } = await import("../../scripts/outdated.ts");
  const packages = await packagesOf(fileURLToPath(new URL("../../lib", import.meta.url)));
  const names = packages.map((target) => target.replace(/@[^@]+$/, ""));
  expect(names).toContain("npm:bullmq");
  expect(names).toContain("npm:@clack/prompts");
  expect(names).toContain("npm:es-module-lexer");
  expect(names).toEqual([...new Set(names)]);
});
