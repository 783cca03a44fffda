/** Builds the package with `deno pack`, which is part of Deno. For machines that cannot reach JSR. */

import config from "../../deno.json" with { type: "json" };
import { LIBRARY_ENTRIES } from "../bundle/entries.ts";
import { capture, EXPORTS, ROOT } from "./package.ts";

/** Writes the modules. */
export async function buildWithDenoPack(out: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "polyloop-pack-" });
  try {
    for (const name of ["mod.ts", "lib"]) await copy(`${ROOT}${name}`, `${folder}/${name}`);
    // `deno pack` compiles exported modules and their imports, and packs all other modules as source (see
    // `removeSources`).
    const exports = [...Object.entries(EXPORTS), ...LIBRARY_ENTRIES.map((path) => [`./${path}`, path])];
    const { name, version, license, compilerOptions } = config;
    await Deno.writeTextFile(
      `${folder}/deno.json`,
      JSON.stringify({
        name,
        version,
        license,
        compilerOptions,
        exports: Object.fromEntries(exports.map(([name, path]) => [name, `./${path}.ts`])),
        exclude: ["lib/**/*.md", "lib/cli"],
      }),
    );
    const options = ["--no-source-maps", "--allow-dirty", `--output=${folder}/package.tgz`];
    await capture(Deno.execPath(), ["pack", "--quiet", ...options], { cwd: folder });
    await Deno.mkdir(out, { recursive: true });
    // GNU tar takes what stands before a colon, as in `C:\`, for the name of a host.
    await capture("tar", ["-xzf", "package.tgz", "-C", out, "--strip-components=1"], { cwd: folder });
    await removeSources(out);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function copy(from: string, to: string): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}

/** Removes source files. `deno pack` includes the source of modules that nothing in the package imports. */
async function removeSources(folder: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) await removeSources(path);
    else if (/(?<!\.d)\.ts$/.test(name)) await Deno.remove(path);
  }
}
