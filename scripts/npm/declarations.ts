/** The types of the package: those that its entries lead to. */

import { dirname, join } from "node:path/posix";
import { filesIn } from "./folders.ts";

/** Removes all declarations to which these entries do not lead. dnt writes those of every module. */
export async function dropOtherDeclarations(folder: string, entries: string[]): Promise<void> {
  const reached = new Set<string>();
  const left = entries.map((path) => `${path}.d.ts`);
  for (let file; (file = left.pop()) !== undefined;) {
    if (reached.has(file)) continue;
    reached.add(file);
    // Comments have examples, which import files as well.
    const text = (await Deno.readTextFile(`${folder}/${file}`)).replace(/\/\*[^]*?\*\//g, "");
    for (const [, path] of text.matchAll(/(?:from|import\()\s*"(\.[^"]*)\.(?:js|ts)"/g)) {
      left.push(`${join(dirname(file), path!)}.d.ts`);
    }
  }
  for (const file of await filesIn(folder)) {
    if (file.endsWith(".d.ts") && !reached.has(file)) await Deno.remove(`${folder}/${file}`);
  }
}
