/**
 * `deno task outdated`: tells which packages have newer versions: those that the source names as `npm:name@1.2.3`, and those of
 * `deno.dev.json`. `deno outdated` reads only the imports of a configuration, so it gets one that names all of them.
 */

import dev from "../deno.dev.json" with { type: "json" };
import { filesIn } from "./npm/folders.ts";
import { ROOT } from "./npm/package.ts";

/** Returns the packages that the source names, with their versions, by `npm:name@version`. */
export async function packagesOf(folder: string): Promise<string[]> {
  const files = (await filesIn(folder)).filter((file) => file.endsWith(".ts"));
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(`${folder}/${file}`)));
  return [
    ...new Set(texts.flatMap((text) => text.match(/(?<=")npm:(?:@[\w-]+\/)?[\w.-]+@[\d.]+(?=[\/"])/g) ?? [])),
  ].sort();
}

if (import.meta.main) {
  const folder = await Deno.makeTempDir({ prefix: "polyloop-outdated-" });
  try {
    const own = await packagesOf(`${ROOT}lib`);
    const all = [...own, ...Object.values(dev.imports).filter((target) => target.startsWith("npm:"))];
    const imports = Object.fromEntries(
      all.map((target) => [target.slice("npm:".length).replace(/@[^@]+$/, ""), target]),
    );
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify({ imports }));
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["outdated", ...Deno.args],
      cwd: folder,
    }).spawn()
      .status;
    console.log(`${all.length} packages: ${own.length} of lib/, the others of deno.dev.json`);
    Deno.exitCode = code;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
