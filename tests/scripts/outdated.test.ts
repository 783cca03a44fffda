/** The versions of packages: `deno task outdated` finds each that the source names. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { packagesOf } from "../../scripts/outdated.ts";
import { isDeno } from "../program.ts";

test.skipIf(!isDeno)("the source names each package in one version", async () => {
  const packages = await packagesOf(fileURLToPath(new URL("../../lib", import.meta.url)));
  const names = packages.map((target) => target.replace(/@[^@]+$/, ""));
  expect(names).toContain("npm:bullmq");
  expect(names).toContain("npm:@clack/prompts");
  expect(names).toContain("npm:es-module-lexer");
  expect(names).toEqual([...new Set(names)]);
});
