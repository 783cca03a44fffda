/**
 * `deno task bundle`: the command line as files of JavaScript for a web server, in `dist/bundle/`. It needs no package, and
 * starts by the URL of `cli.js`.
 *
 *     deno task bundle [--out FOLDER]
 *
 * The binary and the npm package contain the same (`compile.ts`, `build_npm.ts`).
 */

import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { writeBundle } from "./bundle/bundle.ts";

const { values: { out } } = parseArgs({
  args: Deno.args,
  options: { out: { type: "string", default: fileURLToPath(new URL("../dist/bundle", import.meta.url)) } },
});

await Deno.remove(out, { recursive: true }).catch(() => {});
const files = await writeBundle(out, "deno");
console.log(`${out}: ${files.length} files`);
