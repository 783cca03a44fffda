/** The scripts that the tasks of deno.json start. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isDeno } from "../program.ts";

const ROOT = new URL("../../", import.meta.url);

// `deno info` reads the imports.
test.skipIf(!isDeno)("scripts that run without deno.dev.json import none of its packages", async () => {
  const { readGraph } = await import("../../scripts/import_graph.ts");
  const { tasks } = JSON.parse(readFileSync(new URL("deno.json", ROOT), "utf8"));
  const commands = Object.values<unknown>(tasks).filter((task) => typeof task === "string").join(" && ");
  const scripts = [...commands.matchAll(/deno run -A (scripts\S+\.ts)/g)].map(([, script]) => script);
  expect(scripts).toContain("scripts/chaos/distributed.ts");
  const { imports, broken } = await readGraph(ROOT.href, scripts);
  expect(broken).toEqual([]);
  const bare = imports.filter(({ to, ours, typeOnly }) => !ours && !typeOnly && !/^(npm|node|jsr):/.test(to));
  expect(bare.map(({ from, to }) => `${from}: ${to}`)).toEqual([]);
});
