/**
 * Makes a module of `-e SOURCE`. The module is a `data:` URL, which is in no folder. So its imports of relative paths and
 * packages are resolved from the folder in which the command was started.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import process from "node:process";
import type { Edit } from "./eval_edits.ts";
import { packageUrl } from "./package_url.ts";

/** The module. */
export interface EvalModule {
  url: string;
  edits: Edit[];
}

const PREFIX = "export default (";

/** Makes the module. `base` is the URL of the folder that imports start from. */
export async function evalModule(source: string, base: string): Promise<EvalModule> {
  // The newline ends a comment that the source may end in.
  const typed = `${PREFIX}${source.replace(/[\s;]+$/, "")}\n);`;
  const text = "Deno" in globalThis || "Bun" in globalThis ? typed : withoutTypes(typed);
  const found = /\bimport\b/.test(source) ? await relocated(text, base) : [];
  const { text: module, edits } = replaceAll(text, found);
  return {
    url: toUrl(module),
    edits: [{ line: 1, column: PREFIX.length + 1, added: PREFIX.length }, ...edits],
  };
}

/** In the language that the runtime takes there. */
function toUrl(text: string): string {
  if ("Deno" in globalThis) return `data:application/typescript,${encodeURIComponent(text)}`;
  // Bun takes what follows the last dot of a URL for a file's ending; in base64 there is none.
  if ("Bun" in globalThis) {
    return `data:application/typescript;base64,${Buffer.from(text).toString("base64")}`;
  }
  return `data:text/javascript,${encodeURIComponent(text)}`;
}

/** A part of a text, and what it becomes. */
interface Replacement {
  start: number;
  end: number;
  by: string;
}

/** What has to change so that each import starts from the folder. */
async function relocated(text: string, base: string): Promise<Replacement[]> {
  const { parse } = await import("npm:es-module-lexer@3.0.5/js");
  const found = () => {
    try {
      return parse(text)[0];
    } catch {
      // It is no JavaScript: the runtime says where.
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
    // What is only known when it runs is looked at then.
    if (typeof specifier !== "string" || glob) {
      const by =
        `((name) => /^\\.{0,2}\\//.test(name) ? new URL(name, ${folder}).href : name)(String(${written}))`;
      return [{ start, end, by }];
    }
    // A literal stays one: Deno loads what it names together with the module, which needs no permission.
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

/** With blanks for the types, so that line and column stay. */
function withoutTypes(source: string): string {
  const { emitWarning } = process;
  // Deno, which would have to load it, needs none of this.
  const { stripTypeScriptTypes } = process.getBuiltinModule("node:module");
  // Node would tell the user that this is experimental.
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } catch {
    // Not TypeScript: the import that fails later says why.
    return source;
  } finally {
    process.emitWarning = emitWarning;
  }
}
