/** Puts the packages that one module imports into it, and leaves its imports of other modules as they are. */

import { rolldown } from "rolldown";
import { packages } from "./packages.ts";

/** The source of the module as JavaScript. Other modules keep their names, with the ending `.js`. */
export async function inlinePackages(path: string): Promise<string> {
  const bundle = await rolldown({
    input: path,
    platform: "node",
    plugins: [packages(), {
      name: "own-modules",
      resolveId: (id) =>
        /^\.{1,2}\/.*\.ts$/.test(id) ? { id: id.replace(/ts$/, "js"), external: true } : null,
    }],
  });
  const { output: [{ code }] } = await bundle.generate({
    format: "esm",
    minify: true,
    comments: { legal: true },
  });
  await bundle.close();
  return code;
}
