/**
 * Finds the imports of a module and of the files that it imports by path. They show whether the module needs a project,
 * and which files are CommonJS. Nothing runs, and only paths are resolved.
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** A text in quotes after `from`, `import` or `import(`. It also matches in comments and texts. */
const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(?\s*)(["'`])([^"'`\n]+)\1/g;

/** Maximum number of files to read. A module with more files counts as one that needs its project. A guess. */
const MOST_FILES = 2_000;

/** Stands for the argument of an `import()` that is computed. */
export const COMPUTED = "import() of a computed name";

const COMPUTED_IMPORT = /\bimport\s*\(\s*[^"'`\s)]/;

/**
 * The first package or URL that the module or one of its files imports, as it is written there. {@link COMPUTED} if only a
 * computed import may name one. Undefined if there is none.
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

export async function commonJsFiles(url: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { file } of modules(url)) {
    if (/^file:.*\.c[jt]s$/.test(file)) found.push(fileURLToPath(file));
  }
  return found;
}

async function* modules(url: string): AsyncGenerator<{ file: string; specifiers: string[] }> {
  const found = new Set([url]);
  // The loop also visits files that are added meanwhile.
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

/** The imports in the text of a module, without imports of types. */
async function specifiersOf(text: string): Promise<string[]> {
  const likely = Array.from(text.matchAll(SPECIFIER), ([, , specifier]) => specifier);
  // True for most modules. Then it does not matter whether one of the imports is in a comment.
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
    // JSX, for example.
    return likely;
  }
}

function isForeign(specifier: string): boolean {
  if (specifier === COMPUTED) return false;
  // eval_module.ts has replaced the name of a package by this URL.
  if (/^file:.*\/node_modules\//.test(specifier)) return true;
  if (/^(\.{0,2}\/|file:|data:|node:)/.test(specifier)) return false;
  // Not imported above, because Deno takes a while to load it, and most modules do not need it.
  return !process.getBuiltinModule("node:module").isBuiltin(specifier);
}

function textOf(url: string): string | undefined {
  try {
    if (url.startsWith("data:")) return decodeURIComponent(url.slice(url.indexOf(",") + 1));
    return readFileSync(fileURLToPath(url), "utf8");
  } catch {
    // The import reports that the file is missing.
    return undefined;
  }
}
