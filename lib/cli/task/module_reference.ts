/**
 * What the user wants run: `MODULE#EXPORT` or `-e SOURCE` → a module URL, a task's name, and the way
 * both are called when speaking to the user.
 *
 * @module
 */

import { realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Edit } from "./eval_edits.ts";
import { isCompiled } from "../compiled.ts";
import { commonJsFiles } from "./module_imports.ts";
import { type OwnProject, ownProject } from "./own_project.ts";
import type { RunOptions } from "../flags/options.ts";
import { statsOf } from "../stats_of.ts";
import { systemReason, UserError } from "../user_error.ts";

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
  /** Where the module that is made of `-e` differs from what the user wrote. */
  edits?: Edit[];
  /** The module's project, where it needs another one than polyloop was started with. */
  project?: OwnProject;
  /** The module's files that a worker has to read to load them. */
  reads?: string[];
}

/**
 * Finds what is to be run, as far as that goes without importing it.
 *
 * @throws {UserError} if it is a file that is not there
 */
export async function referTo(
  { module, eval: source }: Pick<RunOptions, "module" | "eval">,
): Promise<ModuleReference> {
  const names = namesOf({ module, eval: source });
  if (source !== undefined) {
    const { evalModule } = await import("./eval_module.ts");
    const made = await evalModule(source, pathToFileURL(`${process.cwd()}/`).href);
    return { ...names, ...made, ...await needsOf(made.url) };
  }
  const { name, task } = names;
  if (name === "" || task === "") throw new UserError(`expected MODULE or MODULE#EXPORT, got "${module}"`);
  const url = isUrl(name) ? ofFile(name) : fileUrl(name, module!);
  return { ...names, url, ...await needsOf(url) };
}

/** What a worker needs to load the module. */
async function needsOf(url: string): Promise<Pick<ModuleReference, "project" | "reads">> {
  // A compiled program reads CommonJS as a task reads files; in all else the runtime loads it together with the worker.
  if (isCompiled()) return { reads: await commonJsFiles(url) };
  return { project: await ownProject(url) };
}

/** What the user calls the module and the task, whether or not they are there. */
export function namesOf(
  { module, eval: source }: Pick<RunOptions, "module" | "eval">,
): Pick<ModuleReference, "name" | "task" | "implied"> {
  if (source !== undefined) return { name: "-e", task: "default", implied: false };
  const { name, task } = splitModule(module!);
  return { name, task: task ?? "default", implied: task === undefined };
}

/** `tasks.ts#work` → its two parts. A file's name may hold a # itself: `c#/tasks.ts`. */
export function splitModule(module: string): { name: string; task?: string } {
  const hash = module.lastIndexOf("#");
  if (hash === -1) return { name: module };
  const [name, task] = [module.slice(0, hash), module.slice(hash + 1)];
  if (!isUrl(name) && !isThere(name) && isThere(module)) return { name: module };
  return { name, task };
}

function isThere(path: string): boolean {
  return path !== "" && statsOf(resolve(path)) !== undefined;
}

/** Two letters at least: `C:\tasks.ts` is a path. */
export function isUrl(name: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(name);
}

/** A URL, and that of a file as a path is one: a link stands for the file that it leads to. */
function ofFile(url: string): string {
  if (!/^file:/i.test(url) || !URL.canParse(url)) return url;
  return fileUrl(fileURLToPath(url), url);
}

/** `written` is the whole of what stands for the module. */
function fileUrl(name: string, written: string): string {
  const path = resolve(name);
  // Some runtimes import it, though only with a word on its type.
  if (/\.jsonc?$/i.test(name)) {
    throw new UserError(`Cannot load ${name}: it is a JSON file, which has no functions`);
  }
  try {
    if (statSync(path).isDirectory()) throw new UserError(`Cannot load ${name}: it is a folder`);
    // As Node and Bun have it: what a module imports is found from where the file is, not from a link to it.
    return pathToFileURL(realpathSync(path)).href;
  } catch (error) {
    if (error instanceof UserError) throw error;
    const both = name === written || isUrl(written) ? "" : `, and there is no file ${written}`;
    throw new UserError(`Cannot load ${name}: ${systemReason(error)}${both}`);
  }
}
