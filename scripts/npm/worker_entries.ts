/**
 * Bundles the library's entries of workers of Node in the npm package. Every worker loads its entry anew. Measured on Node 24: a
 * worker that loads 64 files takes 2.5 times the CPU time of a bare worker, and one that loads three takes 1.6 times.
 */

import { type OutputChunk, rolldown } from "rolldown";
import { OUTPUT_OPTIONS } from "../bundle/output_options.ts";
import { slashed } from "../bundle/slashed.ts";
import { ROOT } from "./package.ts";

/** Browsers and Deno start another one, which bundlers of users read. */
const ENTRIES = ["lib/worker/entries/node", "lib/worker/entries/process"];

/** `restricted.ts` tells it how to import a module. So the package must have it once. */
const LOADER = "/lib/worker/loader.ts";

/** Stands for the loader in the bundle. */
const LOADER_MARK = "polyloop-loader";

/** Replaces the entries in a folder that has the package's modules. */
export async function bundleWorkerEntries(folder: string): Promise<void> {
  const bundle = await rolldown({
    input: Object.fromEntries(ENTRIES.map((entry) => [entry, `${ROOT}${entry}.ts`])),
    platform: "node",
    preserveEntrySignatures: "allow-extension",
    plugins: [{
      name: "one-loader",
      async resolveId(id, importer) {
        const found = await this.resolve(id, importer, { skipSelf: true });
        return found && slashed(found.id).endsWith(LOADER) ? { id: LOADER_MARK, external: true } : found;
      },
    }],
  });
  const { output } = await bundle.generate({
    ...OUTPUT_OPTIONS,
    // Beside the loader, and under a name that no other module has.
    chunkFileNames: "lib/worker/entries_[name].js",
  });
  await bundle.close();
  const chunks = output as OutputChunk[];
  if (chunks.length !== ENTRIES.length + 1) {
    throw new Error(`the entries became ${chunks.length} files: two entries share one`);
  }
  for (const { fileName, code, isEntry } of chunks) {
    // `own_file.ts` would take another folder for `lib/`.
    if (code.includes("import.meta")) throw new Error(`${fileName} makes URLs of files`);
    const loader = isEntry ? "../loader.js" : "./loader.js";
    await Deno.writeTextFile(`${folder}/${fileName}`, code.replaceAll(LOADER_MARK, loader));
  }
}
