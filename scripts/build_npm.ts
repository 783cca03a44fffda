/**
 * `deno task npm`: builds the npm package in `npm/` and its tarball in `dist/`, and tries it on Node as a user would.
 *
 *     deno task npm [--out FOLDER] [--tarballs FOLDER] [--no-check]
 *
 * dnt builds the package if JSR can be reached, and `deno pack` otherwise. The results of both are completed in the
 * same way.
 */

import { parseArgs } from "node:util";
import { check } from "./npm/check.ts";
import { finish } from "./npm/finish.ts";
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
await finish(out, await build());
await Deno.mkdir(tarballs, { recursive: true });
const packed = await capture("npm", ["pack", "--json", "--pack-destination", tarballs], { cwd: out });
// A list, or in later versions of npm an object.
const [{ filename, size, entryCount }] = Object.values<Packed>(JSON.parse(packed));
const tarball = `${tarballs}/${filename}`;
console.log(`${tarball}: ${entryCount} files, ${(size / 1e3).toFixed(0)} kB`);
if (options.check) await tryOut();

async function build(): Promise<string> {
  const found = await findDnt();
  if ("dnt" in found) {
    const modules = await buildWithDnt(found.dnt, out);
    console.log("built by dnt");
    return modules;
  }
  console.log(found.reason);
  const modules = await buildWithDenoPack(out);
  console.log("built by deno pack instead of dnt");
  return modules;
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
