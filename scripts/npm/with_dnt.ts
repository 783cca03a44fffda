/** Builds the package with dnt, which is only on JSR. */

import { LIBRARY_ENTRIES } from "../bundle/entries.ts";
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

/** Writes the modules. Returns their folder in `out`. */
export async function buildWithDnt({ build }: Dnt, out: string): Promise<string> {
  // dnt resolves paths from the working directory.
  Deno.chdir(ROOT);
  await build({
    entryPoints: [
      ...Object.entries(EXPORTS).map(([name, path]) => ({ name, path: `./${path}.ts` })),
      ...LIBRARY_ENTRIES.map((path) => ({ name: `./${path}.js`, path: `./${path}.ts` })),
    ],
    outDir: out,
    // Without shims, because lib/backends/ checks at run time what the runtime offers.
    shims: {},
    scriptModule: false,
    // `deno task check` has checked the source, and scripts/npm/check.ts checks the types of the built package with a
    // user's compiler.
    typeCheck: false,
    test: false,
    skipSourceOutput: true,
    compilerOptions: { target: "Latest", lib: ["ESNext", "DOM", "DOM.Iterable"] },
    package: { ...MANIFEST },
  });
  // Packages that dnt installed for types, and its list for npm.
  for (const name of ["node_modules", "package-lock.json", ".npmignore"]) {
    await Deno.remove(`${out}/${name}`, { recursive: true }).catch(() => {});
  }
  return "esm";
}
