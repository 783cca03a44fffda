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

import { parseArgs } from "node:util";

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
  "lib/worker/entry_web.ts",
  "lib/worker/entry_process.ts",
  "lib/worker/entry_compiled_thread.ts",
  "lib/worker/loader.ts",
  "lib/cli/signals/entry_web.ts",
];

const root = new URL("../", import.meta.url);
const { values: options } = parseArgs({
  args: Deno.args,
  options: { all: { type: "boolean", default: false }, out: { type: "string", default: "dist" } },
});

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
  const output = `${options.out}/${name}`;
  const { success } = await new Deno.Command(Deno.execPath(), {
    cwd: root,
    args: [
      "compile",
      "--quiet",
      // The least that lets it work is all: it can grant a task nothing that it has not itself. What a task gets of
      // it is what the user grants, and nothing without that (lib/cli/permissions.ts).
      "--allow-all",
      "--no-prompt",
      // With it, threads can have fewer permissions than the program.
      "--unstable-worker-options",
      // The tools that lie in node_modules are no part of the program.
      "--node-modules-dir=none",
      "--exclude-unused-npm",
      "--frozen",
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
  const bytes = await Deno.readFile(new URL(output, root));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  // As `sha256sum --check` reads it.
  await Deno.writeTextFile(new URL(`${output}.sha256`, root), `${digest}  ${name}\n`);
  console.log(`${output}: ${(bytes.length / 1e6).toFixed(0)} MB`);
}
