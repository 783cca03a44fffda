/** Builds the package with dnt, which is only on JSR. */

import { dirname } from "node:path/posix";
import { LIBRARY_ENTRIES } from "../bundle/entries.ts";
import { filesIn } from "./folders.ts";
import { EXPORTS, MANIFEST, ROOT } from "./package.ts";

/** A variable, so that checking or caching this project does not need JSR. */
const DNT = "jsr:@deno/dnt@0.43.2";

/** The part of dnt that is used here. */
interface Dnt {
  build(options: Record<string, unknown>): Promise<void>;
}

/** Returns dnt, or the reason why it cannot be loaded. */
export async function findDnt(): Promise<{ dnt: Dnt } | { reason: string }> {
  try {
    return { dnt: await import(DNT) };
  } catch (error) {
    return { reason: `${DNT} cannot be loaded: ${(error as Error).message.split("\n")[0]}` };
  }
}

/**
 * Writes the modules.
 *
 * @throws if dnt fails, or uses something of its own that this does not know
 */
export async function buildWithDnt({ build }: Dnt, out: string): Promise<void> {
  // dnt resolves paths from the working directory.
  Deno.chdir(ROOT);
  const folder = await Deno.makeTempDir({ prefix: "polyloop-dnt-" });
  try {
    await build({
      entryPoints: [
        ...Object.entries(EXPORTS).map(([name, path]) => ({ name, path: `./${path}.ts` })),
        ...LIBRARY_ENTRIES.map((path) => ({ name: `./${path}.js`, path: `./${path}.ts` })),
      ],
      outDir: folder,
      shims: {},
      scriptModule: false,
      // `deno task check` has checked the source, and scripts/npm/check.ts checks the types of the built package with a
      // user's compiler.
      typeCheck: false,
      test: false,
      skipSourceOutput: true,
      compilerOptions: { target: "Latest", lib: ["ESNext", "DOM", "DOM.Iterable"], stripInternal: true },
      package: { ...MANIFEST },
    });
    await Deno.mkdir(out, { recursive: true });
    for (const file of await filesIn(`${folder}/esm`)) {
      if (/^(_dnt\..*|package\.json)$/.test(file)) continue;
      await Deno.mkdir(dirname(`${out}/${file}`), { recursive: true });
      await Deno.writeTextFile(
        `${out}/${file}`,
        withoutShims(await Deno.readTextFile(`${folder}/esm/${file}`), file),
      );
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Removes what dnt puts into every module that names `globalThis`: a proxy of it, although no shim is asked for, and polyfills. All
 * runtimes that polyloop supports have what these stand for.
 */
function withoutShims(source: string, file: string): string {
  const plain = source
    .replace(/^import (\* as dntShim from )?"[./]*_dnt\.(shims|polyfills)\.js";\n/gm, "")
    .replaceAll("dntShim.dntGlobalThis", "globalThis");
  if (/dntShim|_dnt\./.test(plain)) throw new Error(`${file} uses something of dnt's own`);
  return plain;
}
