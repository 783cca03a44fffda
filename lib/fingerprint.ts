/**
 * Whether a module is still what it was: a hash over its text and all it imports by path.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

/**
 * What stands in quotes after `from`, `import` or `import(`. It may find too much, in a comment or a string;
 * then a file more counts, if there is one by that name.
 */
const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(?\s*)(["'])([^"'\n]+)\1/g;

/** An import or export of types alone, up to its specifier: it is not there when the module runs. */
const TYPES_ALONE =
  /\b(?:import|export)\s+type\s+(?:\*\s*(?:as\s+[\w$]+\s*)?|\{[^}]*\}\s*|(?!from\b)[\w$]+\s*)from\s*(["'])[^"'\n]+\1/g;

/** SHA-256 in hex, over file names beside the module too: what moved is another module. */
export function fingerprint(url: string): string {
  // Not imported above, because most runs ask for a module's files alone.
  const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  // What is on no disk is known by its URL.
  if (!isReadable(url)) return hash.update(url).digest("hex");
  for (const { text, known } of readModule(url)) hash.update(`${known} ${text.length}\n`).update(text);
  return hash.digest("hex");
}

/** The paths of a module's file, if it is one, and of those that it imports by path. */
export function moduleFiles(url: string): string[] {
  if (!isReadable(url)) return [];
  const files = Array.from(readModule(url), ({ file }) => file);
  return files.filter((file) => file.startsWith("file:")).map((file) => fileURLToPath(file));
}

function isReadable(url: string): boolean {
  return /^(file|data):/.test(url);
}

/** A file's URL and text, and how many files were known when it was read. */
function* readModule(url: string): Generator<{ file: string; text: string; known: number }> {
  const found = new Set([url]);
  // A set goes through what is added meanwhile.
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

/** A file's text, or that of a module that is its own URL, as `-e` is. */
function read(url: string): string | undefined {
  try {
    if (url.startsWith("data:")) return textOfData(url);
    return readFileSync(fileURLToPath(url), "utf8");
  } catch {
    // A package by another way, or no import at all.
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
