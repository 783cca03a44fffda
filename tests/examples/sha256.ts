/**
 * A task that prints what GNU `sha256sum` prints for a file. Compare the two:
 *
 *     find /usr/share/doc -type f -name copyright > files.txt
 *     deno run -A cli.ts run --from lines --to lines tests/examples/sha256.ts#sha256sum < files.txt
 *     xargs -d '\n' sha256sum < files.txt
 */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** `<hex>  <path>`, the line of `sha256sum path`, without its line break. */
export async function sha256sum(path: string): Promise<string> {
  const hash = createHash("sha256");
  // Streamed, so that many large files in flight do not add up in memory.
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  const name = escaped(path);
  return `${name === path ? "" : "\\"}${hash.digest("hex")}  ${name}`;
}

/** A name that would not fit on one line is written with escapes; a `\` before the hash says so. */
function escaped(path: string): string {
  return path.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
}
