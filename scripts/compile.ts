/**
 * `deno task compile`: the command line as one file that needs no Deno, in `dist/`.
 *
 *     deno task compile [--all] [--out FOLDER]
 *
 * Beside it lies its SHA-256. `--all` makes one for every system that Deno compiles for. Deno fetches the runtime
 * that it puts inside; where it cannot, `DENORT_BIN` names the file.
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

/** What is started by its URL or by a literal in source that is made at run time: no import leads there. */
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
  // It would be put into all of them.
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
      // The least that lets it work is all: it can grant a task nothing that it has not itself. What a task gets of
      // it is what the user grants, and nothing without that (lib/cli/task/permissions.ts).
      "--allow-all",
      "--no-prompt",
      // With it, threads can have fewer permissions than the program.
      "--unstable-worker-options",
      // `deno task check` has looked at the types, and here is nothing that only they need.
      "--no-check",
      // So that the program finds packages in node_modules on the disk, too: those of a user's module.
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
 * A folder with the program's source and the packages of the program alone, by the versions of deno.lock: compiling takes
 * in all of a node_modules, and that of the repo has our tools.
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
