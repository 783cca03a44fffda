/**
 * Finds the imports of a module and of the files that it imports by path. They show whether the module needs a project,
 * and which files are CommonJS. Nothing runs, and only paths are resolved.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** What stands in quotes after `from`, `import` or `import(`; in comments and texts as well. */
const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(?\s*)(["'`])([^"'`\n]+)\1/g;

/** A module of more files than that is taken for one that needs its project. */
const MOST_FILES = 2_000;

/** The argument of an `import()` that is not a text but has to be computed. */
export const COMPUTED = "import() of a computed name";

/** Such a call. */
const COMPUTED_IMPORT = /\bimport\s*\(\s*[^"'`\s)]/;

/**
 * The first package or URL that is imported from the module or its files, as it is written; {@link COMPUTED} if there is none,
 * but there may be one at run time; otherwise nothing.
 */
export async function foreignImport(url: string): Promise<string | undefined> {
  if (!/^(file|data):/.test(url)) return url;
  let files = 0;
  let computed: typeof COMPUTED | undefined;
  for await (const { specifiers } of modules(url)) {
    const foreign = specifiers.find(isForeign);
    if (foreign !== undefined) return foreign;
    if (specifiers.includes(COMPUTED)) computed = COMPUTED;
    if (++files > MOST_FILES) return "more than 2,000 files";
  }
  return computed;
}

/** The paths of the CommonJS modules among the module's files. */
export async function commonJsFiles(url: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { file } of modules(url)) {
    if (/^file:.*\.c[jt]s$/.test(file)) found.push(fileURLToPath(file));
  }
  return found;
}

/** The module and all that it imports by paths, each with what it imports. */
async function* modules(url: string): AsyncGenerator<{ file: string; specifiers: string[] }> {
  const found = new Set([url]);
  // A set goes through what is added meanwhile.
  for (const file of found) {
    const text = textOf(file);
    if (text === undefined) continue;
    const specifiers = await specifiersOf(text);
    yield { file, specifiers };
    for (const specifier of specifiers) {
      if (specifier !== COMPUTED && URL.canParse(specifier, file)) found.add(new URL(specifier, file).href);
    }
  }
}

/** What a module's text imports at run time, types left out. */
async function specifiersOf(text: string): Promise<string[]> {
  const likely = Array.from(text.matchAll(SPECIFIER), ([, , specifier]) => specifier);
  // Nearly always: then it does not matter what of them is a comment.
  if (!likely.some(isForeign) && !COMPUTED_IMPORT.test(text)) return likely;
  const { parse } = await import("npm:es-module-lexer@3.0.5/js");
  try {
    return parse(text)[0].flatMap((found) => {
      if (found.type === "import-meta") return [];
      if (typeof found.specifier !== "string") return COMPUTED;
      const onlyTypes = found.type === "dynamic" ? found.probablyTypeOnly : found.typeOnly;
      return onlyTypes ? [] : found.specifier;
    });
  } catch {
    // JSX, or no JavaScript at all.
    return likely;
  }
}

function isForeign(specifier: string): boolean {
  if (specifier === COMPUTED) return false;
  // As eval_module.ts names packages.
  if (/^file:.*\/node_modules\//.test(specifier)) return true;
  if (/^(\.{0,2}\/|file:|data:|node:)/.test(specifier)) return false;
  // Most modules never get here, and need not wait until Deno has loaded it.
  return !process.getBuiltinModule("node:module").isBuiltin(specifier);
}

function textOf(url: string): string | undefined {
  try {
    if (url.startsWith("data:")) return decodeURIComponent(url.slice(url.indexOf(",") + 1));
    return readFileSync(fileURLToPath(url), "utf8");
  } catch {
    // It is not there: its import tells.
    return undefined;
  }
}
