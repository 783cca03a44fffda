/**
 * `deno task compile`: compiles the command line to a single file in `dist/` that needs no Deno.
 *
 *     deno task compile [--all] [--out FOLDER]
 *
 * Writes the SHA-256 into a second file. `--all` makes a binary for every system that Deno supports. Deno downloads the
 * runtime that the binary contains. Without a network, `DENORT_BIN` can name the file of that runtime.
 */

import { fileURLToPath as fromFileUrl } from "node:url";
import { parseArgs } from "node:util";
import { LICENSES, writeBundle } from "./bundle/bundle.ts";

const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-pc-windows-msvc",
  "aarch64-pc-windows-msvc",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
];

const root = new URL("../", import.meta.url);
/** The bundle, in a folder where nothing else is: `deno compile` takes in a whole node_modules. */
const staged = await Deno.makeTempDir({ prefix: "polyloop-compile-" });
await writeBundle(staged, "deno");
const { values: options } = parseArgs({
  args: Deno.args,
  options: { all: { type: "boolean", default: false }, out: { type: "string", default: "dist" } },
});

addEventListener("unload", () => Deno.removeSync(staged, { recursive: true }));
if (!options.all) {
  await compile(fileName("polyloop", Deno.build.target));
} else if (Deno.env.has("DENORT_BIN")) {
  // This runtime would be put into the binaries of all systems.
  console.error(
    "compile: DENORT_BIN is the runtime of a single system, so --all cannot use it: unset DENORT_BIN, or leave out --all",
  );
  Deno.exit(1);
} else {
  for (const target of TARGETS) {
    await compile(fileName(`polyloop-${target}`, target), ["--target", target]);
  }
}

/** Deno adds the ending by itself where it is missing. */
function fileName(name: string, target: string): string {
  return target.includes("windows") ? `${name}.exe` : name;
}

async function compile(name: string, more: string[] = []): Promise<void> {
  const output = fromFileUrl(new URL(`${options.out}/${name}`, root));
  const { success } = await new Deno.Command(Deno.execPath(), {
    cwd: staged,
    args: [
      "compile",
      "--quiet",
      // The program needs all permissions, because it can grant a task only permissions that it has itself. A task gets
      // only the permissions that the user grants (lib/cli/task/permissions.ts).
      "--allow-all",
      "--no-prompt",
      // So that threads can have fewer permissions than the program.
      "--unstable-worker-options",
      // Deno lets the heap for young objects grow to 32 MB per thread, of which 8 MB are in use. Measured with ten million lines:
      // 165 MB in all instead of 242 with 16 MB, for the same CPU time, also where tasks make many objects and wait.
      "--v8-flags=--max-semi-space-size=4",
      "--no-check",
      // So that the program also finds packages of a user's module, in node_modules on disk.
      "--node-modules-dir=manual",
      // No literal leads to these files (bundle/bundle.ts).
      "--include=lib",
      `--include=${LICENSES}`,
      ...more,
      `--output=${output}`,
      "cli.js",
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
  // In the format of `sha256sum --check`.
  await Deno.writeTextFile(`${output}.sha256`, `${digest}  ${name}\n`);
  console.log(`${options.out}/${name}: ${(bytes.length / 1e6).toFixed(0)} MB`);
}
