/**
 * Generates a module from `-e SOURCE`. The module is a `data:` URL, which is in no folder. Therefore its imports of
 * relative paths and packages are resolved from the folder in which the command was started.
 */

import { Buffer } from "node:buffer";
import process from "node:process";
import * as nodeModule from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/** A place where the text of the module that is made of `-e` differs from the user's source. */
export interface Edit {
  line: number;
  column: number;
  /** Number of characters that were added; negative if characters were removed. */
  added: number;
}

interface EvalModule {
  url: string;
  edits: Edit[];
}

const PREFIX = "export default (";

/** Makes the module. `base` is the URL of the folder from which its imports are resolved. */
export async function evalModule(source: string, base: string): Promise<EvalModule> {
  // The newline ends a comment at the end of the source.
  const typed = `${PREFIX}${source.replace(/[\s;]+$/, "")}\n);`;
  const text = "Deno" in globalThis || "Bun" in globalThis ? typed : withoutTypes(typed);
  const found = /\bimport\b/.test(source) ? await relocated(text, base) : [];
  const { text: module, edits } = replaceAll(text, found);
  return {
    url: toUrl(module),
    edits: [{ line: 1, column: PREFIX.length + 1, added: PREFIX.length }, ...edits],
  };
}

/** The text as a `data:` URL, in a language that the runtime accepts there. */
function toUrl(text: string): string {
  if ("Deno" in globalThis) return `data:application/typescript,${encodeURIComponent(text)}`;
  // Bun takes the text after the last dot of a URL for a file extension. Base64 has no dots.
  if ("Bun" in globalThis) {
    return `data:application/typescript;base64,${Buffer.from(text).toString("base64")}`;
  }
  return `data:text/javascript,${encodeURIComponent(text)}`;
}

interface Replacement {
  start: number;
  end: number;
  by: string;
}

/** The replacements by which each import is resolved from the folder `base`. */
async function relocated(text: string, base: string): Promise<Replacement[]> {
  const { parse } = await import("npm:es-module-lexer@3.0.5/js");
  const found = () => {
    try {
      return parse(text)[0];
    } catch {
      // The runtime reports the syntax error and its place.
      return [];
    }
  };
  const folder = JSON.stringify(base);
  return found().flatMap((found): Replacement[] => {
    const { start, end } = found;
    const written = text.slice(start, end);
    if (found.type === "import-meta") return [{ start, end, by: `({ ...${written}, url: ${folder} })` }];
    if (found.type !== "dynamic") return [];
    const { specifier, glob } = found;
    // The name is known only when the import runs, and is resolved then.
    if (typeof specifier !== "string" || glob) {
      const by =
        `((name) => /^\\.{0,2}\\//.test(name) ? new URL(name, ${folder}).href : name)(String(${written}))`;
      return [{ start, end, by }];
    }
    // A literal stays a literal, because Deno loads literal imports together with the module, without a permission.
    const url = /^\.{0,2}\//.test(specifier) ? new URL(specifier, base).href : packageUrl(specifier, base);
    return url === undefined ? [] : [{ start, end, by: JSON.stringify(url) }];
  });
}

function replaceAll(text: string, replacements: Replacement[]): { text: string; edits: Edit[] } {
  let made = "";
  let from = 0;
  const edits: Edit[] = [];
  for (const { start, end, by } of replacements) {
    made += text.slice(from, start) + by;
    from = end;
    const lines = made.split("\n");
    const added = by.length - (end - start);
    if (added !== 0) edits.push({ line: lines.length, column: lines.at(-1)!.length + 1, added });
  }
  return { text: made + text.slice(from), edits };
}

/** Replaces types by blanks, so that lines and columns stay. */
function withoutTypes(source: string): string {
  const { emitWarning } = process;
  // Not by an import, which Deno would load although it does not need the module.
  const { stripTypeScriptTypes } = process.getBuiltinModule("node:module");
  // Otherwise Node prints that this function is experimental.
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } catch {
    // The import reports the syntax error.
    return source;
  } finally {
    process.emitWarning = emitWarning;
  }
}

const { Bun } = globalThis as unknown as { Bun?: { resolveSync(name: string, folder: string): string } };

/** Node's hooks into the resolution of modules. The types of some versions of Node lack them. */
interface Hooks {
  registerHooks?(hooks: {
    resolve(name: string, context: object, next: (name: string, context: object) => unknown): unknown;
  }): { deregister(): void };
}

/**
 * The URL of a package's module, resolved from the folder with the URL `base`. Undefined if the runtime needs no folder for it
 * (`node:fs`, `npm:zod`), or cannot find it.
 */
function packageUrl(name: string, base: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]+:/i.test(name) || nodeModule.isBuiltin(name)) return undefined;
  try {
    if (Bun) return pathToFileURL(Bun.resolveSync(name, fileURLToPath(base))).href;
    // Deno itself applies its import map. Other packages are in node_modules.
    if ("Deno" in globalThis) return pathToFileURL(nodeModule.createRequire(base).resolve(name)).href;
    return resolveOnNode(name, base);
  } catch {
    return undefined;
  }
}

/** Resolves by the conditions of an import. `require.resolve` uses others. */
function resolveOnNode(name: string, base: string): string {
  const hooks = (nodeModule as Hooks).registerHooks!({
    resolve: (name, context, next) => next(name, { ...context, parentURL: base }),
  });
  try {
    return import.meta.resolve(name);
  } finally {
    hooks.deregister();
  }
}
