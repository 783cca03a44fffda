/**
 * `deno task compile`: the command line as one file that needs no Deno, in `dist/`.
 *
 *     deno task compile [--all] [--out FOLDER]
 *
 * Its SHA-256 is written beside it. `--all` makes a binary for every system that Deno compiles for. Deno downloads the runtime that
 * the binary contains. Without a network, `DENORT_BIN` names the file.
 *
 * @module
 */

import { fileURLToPath as fromFileUrl } from "node:url";
import { parseArgs } from "node:util";
import config from "../deno.json" with { type: "json" };

const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-pc-windows-msvc",
  "aarch64-pc-windows-msvc",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
];

/** Files to which no import leads: they are started by URL, or imported by source text that is made at run time. */
const ENTRIES = [
  "lib/worker/entries/web.ts",
  "lib/worker/entries/process.ts",
  "lib/worker/entries/compiled_thread.ts",
  "lib/worker/loader.ts",
  "lib/cli/signals/entry_web.ts",
];

const root = new URL("../", import.meta.url);
const staged = await stage();
const { values: options } = parseArgs({
  args: Deno.args,
  options: { all: { type: "boolean", default: false }, out: { type: "string", default: "dist" } },
});

addEventListener("unload", () => Deno.removeSync(staged, { recursive: true }));
if (!options.all) {
  await compile("polyloop");
} else if (Deno.env.has("DENORT_BIN")) {
  // This runtime would be put into the binaries of all systems.
  console.error("compile: DENORT_BIN is the runtime of one system, so it makes no binaries for all of them");
  Deno.exit(1);
} else {
  for (const target of TARGETS) {
    const name = `polyloop-${target}${target.includes("windows") ? ".exe" : ""}`;
    await compile(name, ["--target", target]);
  }
}

async function compile(name: string, more: string[] = []): Promise<void> {
  const output = fromFileUrl(new URL(`${options.out}/${name}`, root));
  const { success } = await new Deno.Command(Deno.execPath(), {
    cwd: staged,
    args: [
      "compile",
      "--quiet",
      // The program needs all permissions, because it can grant a task only what it has itself. A task gets only what the
      // user grants (lib/cli/task/permissions.ts).
      "--allow-all",
      "--no-prompt",
      // Threads can then have fewer permissions than the program.
      "--unstable-worker-options",
      // `deno task check` has checked the types, and packages that only types need are not in the folder.
      "--no-check",
      // The program then also finds packages of a user's module, in node_modules on the disk.
      "--node-modules-dir=manual",
      ...ENTRIES.map((entry) => `--include=${entry}`),
      ...more,
      `--output=${output}`,
      "cli.ts",
    ],
  }).spawn().status;
  if (!success) {
    if (!Deno.env.has("DENORT_BIN")) {
      console.error("compile: if Deno cannot fetch its runtime here (denort), DENORT_BIN can name the file");
    }
    Deno.exit(1);
  }
  const bytes = await Deno.readFile(output);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  // As `sha256sum --check` reads it.
  await Deno.writeTextFile(`${output}.sha256`, `${digest}  ${name}\n`);
  console.log(`${options.out}/${name}: ${(bytes.length / 1e6).toFixed(0)} MB`);
}

/**
 * Makes a folder with the source and only the packages of the program, in the versions of deno.lock. `deno compile` takes in a whole
 * node_modules, and the one of the checkout has the tools of the tests.
 */
async function stage(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "polyloop-compile-" });
  for (const name of ["cli.ts", "lib", "deno.lock"]) {
    await copy(fromFileUrl(new URL(name, root)), `${folder}/${name}`);
  }
  const { name, version, exports, unstable } = config;
  await Deno.writeTextFile(
    `${folder}/deno.json`,
    JSON.stringify({ name, version, exports, unstable, nodeModulesDir: "auto" }),
  );
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    cwd: folder,
    args: ["install", "--quiet", "--entrypoint", "cli.ts"],
  }).output();
  if (!success) throw new Error(`the packages of cli.ts cannot be had: ${new TextDecoder().decode(stderr)}`);
  return folder;
}

async function copy(from: string, to: string): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}
