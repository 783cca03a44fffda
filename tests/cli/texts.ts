/** Texts of files that commands read and write. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Values as lines of JSON. */
export function jsonLines(...values: unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}

/** The text of a file in a folder. */
export function read(path: string, name: string): string {
  return readFileSync(join(path, name), "utf8");
}
