/**
 * What the user wants run: `MODULE#EXPORT` or `-e SOURCE` → a module URL, a task's name, and the way
 * both are called when speaking to the user.
 *
 * @module
 */

import { statSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import type { RunOptions } from "./options.ts";
import { systemReason, UserError } from "./user_error.ts";

/** A task in a module. */
export interface ModuleReference {
  /** What is imported. */
  url: string;
  /** The export to run. */
  task: string;
  /** How the user wrote the module; `-e` for a function on the command line. */
  name: string;
  /** Whether the user named no export, so that it is `default`. */
  implied: boolean;
}

/** Stands before the user's text in the module that is made of `-e`; its length corrects column numbers. */
export const EVAL_PREFIX = "export default (";

/**
 * Finds what is to be run, as far as that goes without importing it.
 *
 * @throws {UserError} if it is a file that is not there
 */
export function referTo({ module, eval: source }: Pick<RunOptions, "module" | "eval">): ModuleReference {
  if (source !== undefined) {
    // The newline ends a comment that the source may end in.
    const text = `${EVAL_PREFIX}${source.replace(/[\s;]+$/, "")}\n);`;
    return { url: evalUrl(text), task: "default", name: "-e", implied: false };
  }
  const hash = module!.lastIndexOf("#");
  const name = moduleName(module!);
  const task = hash === -1 ? "default" : module!.slice(hash + 1);
  if (name === "" || task === "") throw new UserError(`expected MODULE or MODULE#EXPORT, got "${module}"`);
  return { url: isUrl(name) ? name : fileUrl(name), task, name, implied: hash === -1 };
}

/** `tasks.ts#work` → `tasks.ts`. */
export function moduleName(module: string): string {
  const hash = module.lastIndexOf("#");
  return hash === -1 ? module : module.slice(0, hash);
}

/** A module that is its own URL, in the language that the runtime takes there. */
function evalUrl(source: string): string {
  if ("Deno" in globalThis || "Bun" in globalThis) {
    return `data:application/typescript,${encodeURIComponent(source)}`;
  }
  return `data:text/javascript,${encodeURIComponent(withoutTypes(source))}`;
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
    // It is no TypeScript: whoever imports it says why.
    return source;
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Two letters at least: `C:\tasks.ts` is a path. */
export function isUrl(name: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(name);
}

function fileUrl(name: string): string {
  const path = resolve(name);
  try {
    if (statSync(path).isDirectory()) throw new UserError(`Cannot load ${name}: it is a folder`);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`Cannot load ${name}: ${systemReason(error)}`);
  }
  return pathToFileURL(path).href;
}
