/**
 * `deno task npm`: builds the npm package in `npm/` and its tarball in `dist/`, and tries it on Node as a user would.
 *
 *     deno task npm [--out FOLDER] [--tarballs FOLDER] [--no-check]
 *
 * dnt builds the package if it can be had and works, and `deno pack` otherwise. Both give the same modules, which this script
 * compares where it has both.
 */

import { parseArgs } from "node:util";
import { check } from "./npm/check.ts";
import { finish } from "./npm/finish.ts";
import { filesIn } from "./npm/folders.ts";
import { install } from "./npm/install.ts";
import { capture, ROOT } from "./npm/package.ts";
import { buildWithDenoPack } from "./npm/with_deno_pack.ts";
import { buildWithDnt, findDnt } from "./npm/with_dnt.ts";

/** The output of `npm pack` about one tarball. */
interface Packed {
  filename: string;
  size: number;
  entryCount: number;
}

const { values: options } = parseArgs({
  args: Deno.args,
  options: {
    out: { type: "string", default: `${ROOT}npm` },
    tarballs: { type: "string", default: `${ROOT}dist` },
    check: { type: "boolean", default: true },
  },
  allowNegative: true,
});

const { out, tarballs } = options;
await Deno.remove(out, { recursive: true }).catch(() => {});
await build();
await Deno.mkdir(tarballs, { recursive: true });
const packed = await capture("npm", ["pack", "--json", "--pack-destination", tarballs], { cwd: out });
// A list, or in later versions of npm an object.
const [{ filename, size, entryCount }] = Object.values<Packed>(JSON.parse(packed));
const tarball = `${tarballs}/${filename}`;
console.log(`${tarball}: ${entryCount} files, ${(size / 1e3).toFixed(0)} kB`);
if (options.check) await tryOut();

async function build(): Promise<void> {
  const found = await findDnt();
  if ("reason" in found) {
    console.log(found.reason);
    await buildByPack(out);
    console.log("built by deno pack instead of dnt");
    return;
  }
  try {
    await buildWithDnt(found.dnt, out);
    await finish(out);
    console.log("built by dnt");
  } catch (error) {
    console.log(`dnt failed: ${error}`);
    await Deno.remove(out, { recursive: true }).catch(() => {});
    await buildByPack(out);
    console.log("built by deno pack instead of dnt");
    return;
  }
  await compareBuilders();
}

async function buildByPack(folder: string): Promise<void> {
  await buildWithDenoPack(folder);
  await finish(folder);
}

/**
 * Fails if `deno pack` gives other modules, or another package.json. Types are compared by use: `npm/check.ts` compiles programs
 * against the package. Their files differ, because dnt keeps those of private parts that public types name.
 */
async function compareBuilders(): Promise<void> {
  const other = await Deno.makeTempDir({ prefix: "polyloop-npm-" });
  try {
    await buildByPack(other);
    const [byDnt, byPack] = await Promise.all([modulesIn(out), modulesIn(other)]);
    const different = [...new Set(byDnt).symmetricDifference(new Set(byPack))];
    if (different.length > 0) throw new Error(`only one builder gives ${different.join(", ")}`);
    const [one, two] = await Promise.all(
      [out, other].map((folder) => Deno.readTextFile(`${folder}/package.json`)),
    );
    if (one !== two) throw new Error("the builders give different package.json files");
    console.log(`deno pack gives the same ${byDnt.length} files, not counting types`);
  } finally {
    await Deno.remove(other, { recursive: true });
  }
}

async function modulesIn(folder: string): Promise<string[]> {
  return (await filesIn(folder)).filter((file) => !file.endsWith(".d.ts"));
}

async function tryOut(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "polyloop-npm-" });
  try {
    console.log("installed in an empty folder:");
    await check(await install(tarball, folder));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
