/**
 * The module of the library's `./distributed` that checks records by zod. It is bundled with the command, so that the npm package
 * contains zod once.
 */

import { access, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path/posix";
import { fileURLToPath } from "node:url";
import type { Plugin } from "rolldown";
import { slashed } from "./slashed.ts";

/** The module, as a path under the root without its ending. */
const CHECKS = "lib/distributed/broker/protocol";

/** Tells the module of the library from that of the command, which is bundled with its callers. */
const OF_LIBRARY = "?library";

/** The name of the bundled module. */
const BUNDLED = "lib/shared/library_checks";

/** The further entry of the command's bundle. */
export const CHECKS_ENTRY = {
  [BUNDLED]: fileURLToPath(new URL(`../../${CHECKS}.ts`, import.meta.url)) + OF_LIBRARY,
};

/** The name of the file with zod. */
export const ZOD = "zod";

/** Whether a module belongs to zod. */
export function isZod(id: string): boolean {
  return slashed(id).includes("/node_modules/zod/");
}

/** Leaves the entry's imports of other modules as they are: the library has them. */
export function libraryChecks(): Plugin {
  return {
    name: "library-checks",
    resolveId(id, importer) {
      if (id.endsWith(OF_LIBRARY)) return id;
      if (!importer?.endsWith(OF_LIBRARY) || !id.startsWith(".")) return null;
      return { id: id.replace(/ts$/, "js"), external: true };
    },
    async load(id) {
      if (!id.endsWith(OF_LIBRARY)) return null;
      return { code: await readFile(id.slice(0, -OF_LIBRARY.length), "utf8"), moduleType: "ts" };
    },
  };
}

/**
 * Moves the module from the bundle to the library. `command` is the folder of the bundle in the package.
 *
 * @throws if the module, or zod, imports another part of the command
 */
export async function moveChecks(out: string, command: string): Promise<void> {
  const bundled = `${out}/${command}/${BUNDLED}.js`;
  const code = await readFile(bundled, "utf8");
  const zod = `${command}/lib/shared/${ZOD}.js`;
  const others = importsOf(code).filter((path) => path !== `./${ZOD}.js`);
  for (const path of others) await access(join(out, CHECKS, "..", path));
  const ofZod = importsOf(await readFile(`${out}/${zod}`, "utf8"));
  if (ofZod.length > 0) throw new Error(`${zod} imports ${ofZod}`);
  await writeFile(`${out}/${CHECKS}.js`, code.replace(`"./${ZOD}.js"`, `"../../../${zod}"`));
  await rm(bundled);
}

/** Returns what a bundled module imports. */
function importsOf(code: string): string[] {
  return Array.from(code.matchAll(/\bfrom ?"([^"]+)"/g), ([, path]) => path!);
}
