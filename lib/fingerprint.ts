/**
 * Hashes a module: its text, and the text of all files that it imports by path. The hash tells whether the module has
 * changed. A module that exports a version has changed if the version has.
 */

import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { hasOtherVersion, versionIn } from "./module_version.ts";

/**
 * A text in quotes after `from`, `import` or `import(`. It also matches in comments and strings. If a file with such a name
 * exists, it counts, too.
 */
const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(?\s*)(["'])([^"'\n]+)\1/g;

/** An import or export of types alone, including its specifier. It does not exist when the module runs. */
const TYPES_ALONE =
  /\b(?:import|export)\s+type\s+(?:\*\s*(?:as\s+[\w$]+\s*)?|\{[^}]*\}\s*|(?!from\b)[\w$]+\s*)from\s*(["'])[^"'\n]+\1/g;

/**
 * Returns the SHA-256 in hex. It also covers the order in which files are found, so moved text changes it. If the module
 * exports a version, it covers only that and the name of the file.
 */
export function fingerprint(url: string): string {
  // Not imported above, because most runs need only the names of a module's files.
  const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  // A module that is not on this disk is identified by its URL.
  if (!isReadable(url)) return hash.update(url).digest("hex");
  const version = moduleVersion(url);
  if (version !== undefined) {
    return hash.update(`version\n${url.slice(url.lastIndexOf("/") + 1)}\n${version}`).digest("hex");
  }
  for (const { text, known } of readModule(url)) hash.update(`${known} ${text.length}\n`).update(text);
  return hash.digest("hex");
}

/** Returns the version that a file exports by `export const version = "…"`. Undefined if there is none. */
export function moduleVersion(url: string): string | undefined {
  return url.startsWith("file:") ? versionIn(read(url) ?? "") : undefined;
}

/** Whether a file seems to export a version that is not written out, so that it does not count. */
export function hasUnreadVersion(url: string): boolean {
  return url.startsWith("file:") && hasOtherVersion(read(url) ?? "");
}

/** Returns the paths of the module and of all files that it imports by path. Empty if the module is not a file. */
export function moduleFiles(url: string): string[] {
  if (!isReadable(url)) return [];
  const files = Array.from(readModule(url), ({ file }) => file);
  return files.filter((file) => file.startsWith("file:")).map((file) => fileURLToPath(file));
}

function isReadable(url: string): boolean {
  return /^(file|data):/.test(url);
}

/** Yields the URL and text of each file, and the number of files that were known when it was read. */
function* readModule(url: string): Generator<{ file: string; text: string; known: number }> {
  const found = new Set([url]);
  // The loop also visits files that are added meanwhile.
  for (const file of found) {
    const text = read(file);
    if (text === undefined) continue;
    yield { file, text, known: found.size };
    for (const [, , specifier] of text.replace(TYPES_ALONE, "").matchAll(SPECIFIER)) {
      if (!/^(\.{0,2}\/|file:)/.test(specifier) || !URL.canParse(specifier, file)) continue;
      const next = new URL(specifier, file);
      next.hash = next.search = "";
      found.add(next.href);
    }
  }
}

/** Returns the text of a file, or of a `data:` URL, such as the module of `-e`. Undefined if it cannot be read. */
function read(url: string): string | undefined {
  try {
    if (url.startsWith("data:")) return textOfData(url);
    return readFileSync(fileURLToPath(url), "utf8");
  } catch {
    // The name was not that of a file: it stood in a comment or a string, or the import fails when it runs.
    return undefined;
  }
}

function textOfData(url: string): string {
  const comma = url.indexOf(",");
  const content = url.slice(comma + 1);
  return url.slice(0, comma).endsWith(";base64")
    ? Buffer.from(content, "base64").toString()
    : decodeURIComponent(content);
}
