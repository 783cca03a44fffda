/** The layer law's own test: small trees with one breach each, given to the real script. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { isDeno } from "../program.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/check_layers.ts", import.meta.url));

/** A lawful tree, of the shape that lib/ has. */
const LAWFUL: Record<string, string> = {
  "mod.ts": `export * from "./lib/executor/executor.ts"; export * from "./lib/errors.ts";`,
  "cli.ts": `import "./lib/cli/main.ts";`,
  "lib/errors.ts": `export class PoolError extends Error {}`,
  "lib/cli/main.ts": `import "npm:zod@4.6.7"; import "node:fs"; import "../executor/executor.ts";`,
  "lib/cli/args.ts": `export const args = [];`,
  "lib/executor/executor.ts": `import "./pool.ts"; import "../backends/default.ts"; import "../errors.ts";`,
  "lib/executor/pool.ts":
    `import type { Backend } from "../backends/backend.ts"; import type { Context } from "../worker/context.ts";`,
  "lib/executor/queue/lane.ts": `import "../tasks/task.ts";`,
  "lib/executor/tasks/task.ts": `export const task = 1;`,
  "lib/backends/backend.ts":
    `import type { Message } from "../wire/message.ts"; export type Backend = Message;`,
  "lib/backends/default.ts": `import "./inline.ts";`,
  "lib/backends/inline.ts": `import "../worker/loop.ts";`,
  "lib/worker/context.ts": `export type Context = string;`,
  "lib/worker/loop.ts": `import "../wire/message.ts"; import "../errors.ts";`,
  "lib/worker/entries/node.ts": `import "node:worker_threads"; import "../loop.ts";`,
  "lib/wire/message.ts": `export type Message = string;`,
};

/** What each breach adds to the lawful tree, and the words of the line that it must bring. */
const BREACHES: [file: string, code: string, words: string][] = [
  ["lib/errors.ts", `import type {} from "./wire/message.ts";`, "errors.ts imports nothing"],
  ["lib/wire/message.ts", `import "../worker/context.ts";`, "wire/ imports only"],
  ["lib/worker/loop.ts", `import "../backends/backend.ts";`, "worker/ imports only"],
  ["lib/worker/context.ts", `import type {} from "../backends/backend.ts";`, "worker/ imports only"],
  ["lib/backends/default.ts", `import "../worker/context.ts";`, "backends/ imports only"],
  ["lib/backends/inline.ts", `import "../cli/args.ts";`, "inline.ts imports only"],
  ["lib/executor/pool.ts", `import "../backends/inline.ts";`, "executor/ imports only"],
  ["lib/executor/task.ts", `import { type Context } from "../worker/context.ts";`, "executor/ imports only"],
  ["lib/executor/pool.ts", `await import("../cli/args.ts");`, "executor/ imports only"],
  [
    "lib/executor/tasks/chunk.ts",
    `import "../queue/lane.ts";`,
    "tasks/ imports nothing of lib/executor/ but",
  ],
  [
    "lib/executor/queue/gate.ts",
    `import type {} from "../pool.ts";`,
    "queue/ imports nothing of lib/executor/",
  ],
  ["lib/executor/shelf/task.ts", `import "../pool.ts";`, "lib/executor/ has no folder shelf/"],
  ["lib/worker/target.ts", `import "./loop.ts";`, "import the loop"],
  ["lib/executor/task.ts", `import type {} from "./executor.ts";`, "import executor/executor.ts"],
  ["lib/wire/batch.ts", `import "./channel.ts";`, "lib/wire/channel.ts cannot be loaded"],
  ["lib/executor/pool.ts", `import "npm:zod@4.6.7";`, "imports no package"],
  ["lib/executor/pool.ts", `import "jsr:@std/path@1";`, "imports no package"],
  ["lib/executor/pool.ts", `import "https://example.com/x.ts";`, "imports no package"],
  ["lib/executor/pool.ts", `import "zod";`, "imports no package"],
  ["lib/executor/pool.ts", `import "node:os";`, "imports no node: module"],
  ["lib/worker/entries/node.ts", `import "npm:zod@4.6.7";`, "imports no package"],
  ["lib/cli/main.ts", `import "zod";`, "a package is named inline"],
  ["lib/wire/message.ts", `import "./batch.ts";`, "no import cycle"],
  ["lib/wire/message.ts", `import type {} from "./batch.ts";`, "no import cycle"],
];

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

// The script asks `deno info` for the module graph.
const layersTest = test.skipIf(!isDeno);

layersTest("check_layers finds nothing in a lawful tree", async () => {
  const { code, out } = await checkLayers(LAWFUL);
  expect(out).toBe("layers: 16 files, 0 breaches\n");
  expect(code).toBe(0);
});

layersTest.each(BREACHES)("check_layers refuses in %s: %s", async (file, code, words) => {
  const added = { "lib/wire/batch.ts": `import "./message.ts";`, [file]: `${LAWFUL[file] ?? ""} ${code}` };
  const { code: exit, out, err } = await checkLayers({ ...LAWFUL, ...added });
  expect(err).toContain(words);
  expect(err.trim().split("\n")).toHaveLength(1);
  expect(out).toMatch(/, 1 breach\n$/);
  expect(exit).toBe(1);
});

/** Writes the tree into a folder of its own and runs the script on it. */
async function checkLayers(
  tree: Record<string, string>,
): Promise<{ code: number; out: string; err: string }> {
  const root = await mkdtemp(join(tmpdir(), "layers-"));
  folders.push(root);
  for (const [path, code] of Object.entries(tree)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), code);
  }
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", SCRIPT, "--root", root],
  }).output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}
