/**
 * Bundles the command line for the tests that start it: a start from source loads hundreds of modules, and takes twice the CPU time
 * of a start from the bundle. Vitest runs this once, before the first of these tests.
 */

import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { isDeno } from "./program.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** The bundles of all states of the source that were tested since the folder was removed. */
const HOME = join(ROOT, "dist", "tests");

/** What a bundle is made from: packages by the lock file. */
const SOURCES = ["cli.ts", "deno.json", "deno.lock", "lib", "scripts/bundle", "tests/cli/command_server.ts"];

/** As users get it, on this runtime. */
const PRODUCT = isDeno ? "deno" : "npm";

/** The entries that only the tests have: the npm package has a `bin.js` of its own. */
const MORE = ["tests/cli/command_server", ...(isDeno ? [] : ["cli"])];

/** Makes the bundle of the source as it is now, if it does not exist, and puts its folder into the environment of the tests. */
export default async function setup(): Promise<void> {
  const folder = join(HOME, `${PRODUCT}-${digestOf(SOURCES)}`);
  if (!existsSync(folder)) await make(folder);
  process.env.POLYLOOP_TEST_BUNDLE = folder;
}

/** A name for the contents of files, and of all files in folders. */
function digestOf(paths: string[]): string {
  const hash = createHash("sha256");
  for (const path of paths.flatMap(filesIn)) hash.update(`${path}\n`).update(readFileSync(join(ROOT, path)));
  return hash.digest("hex").slice(0, 16);
}

function filesIn(path: string): string[] {
  if (!statSync(join(ROOT, path)).isDirectory()) return [path];
  return readdirSync(join(ROOT, path)).sort().flatMap((name) => filesIn(join(path, name)));
}

/** A run of tests beside this one may make the same bundle: whichever is complete first gets the name. */
async function make(folder: string): Promise<void> {
  const { writeBundle } = await import("../scripts/bundle/bundle.ts");
  mkdirSync(HOME, { recursive: true });
  const made = mkdtempSync(join(HOME, "making-"));
  await writeBundle(made, PRODUCT, MORE);
  // Deno would take the folder for a project.
  if (!isDeno) writeFileSync(join(made, "package.json"), '{ "type": "module" }\n');
  try {
    renameSync(made, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(made, { recursive: true });
  }
}
