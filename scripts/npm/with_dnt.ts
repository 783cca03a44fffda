/**
 * Builds the package with dnt, which is only on JSR.
 *
 * @module
 */

import { ENTRIES, EXPORTS, MANIFEST, ROOT } from "./package.ts";

/** In a variable, so that checking or caching this project needs no JSR. */
const DNT = "jsr:@deno/dnt@0.43.2";

/** The part of dnt that matters here. */
interface Dnt {
  build(options: Record<string, unknown>): Promise<void>;
}

/** dnt, or why it cannot be loaded. */
export async function findDnt(): Promise<{ dnt: Dnt } | { reason: string }> {
  try {
    return { dnt: await import(DNT) };
  } catch (error) {
    return { reason: `${DNT} cannot be loaded: ${(error as Error).message.split("\n")[0]}` };
  }
}

/** Writes the modules. Returns their folder in `out`. */
export async function buildWithDnt({ build }: Dnt, out: string): Promise<string> {
  // It takes paths from the working directory.
  Deno.chdir(ROOT);
  await build({
    entryPoints: [
      ...Object.entries(EXPORTS).map(([name, path]) => ({ name, path: `./${path}.ts` })),
      ...ENTRIES.map((path) => ({ name: `./${path}.js`, path: `./${path}.ts` })),
    ],
    outDir: out,
    // lib/backends/ asks at run time which facilities there are.
    shims: {},
    scriptModule: false,
    // `deno task check` has checked the source, and the built package's types are checked as a user's compiler does.
    typeCheck: false,
    test: false,
    skipSourceOutput: true,
    compilerOptions: { target: "Latest", lib: ["ESNext", "DOM", "DOM.Iterable"] },
    package: { ...MANIFEST },
  });
  // The packages that it installed for types, and its list for npm.
  for (const name of ["node_modules", "package-lock.json", ".npmignore"]) {
    await Deno.remove(`${out}/${name}`, { recursive: true }).catch(() => {});
  }
  return "esm";
}
