/**
 * Finds the task that the user names by `MODULE#EXPORT` or `-e SOURCE`: the URL of its module, its name, and both as messages
 * show them.
 */

import { realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isCompiled } from "./compiled.ts";
import { commonJsFiles } from "./module_imports.ts";
import { type OwnProject, ownProject } from "./own_project.ts";
import type { Edit } from "./eval_module.ts";
import type { RunOptions } from "../flags/options.ts";
import { statsOf } from "../basics/paths.ts";
import { systemReason, UserError } from "../user_error.ts";

export interface ModuleReference {
  url: string;
  task: string;
  /** The module as the user wrote it, or `-e`. */
  name: string;
  /** Whether the user named no export. The task is then `default`. */
  implied: boolean;
  /** The places where the module that is made of `-e` differs from the user's source. */
  edits?: Edit[];
  /** The project that the module needs, if it is not the one with which polyloop was started. */
  project?: OwnProject;
  /** Files of the module that a worker needs the permission to read. */
  reads?: string[];
}

/** Finds the module, and does not import it. @throws {UserError} if there is no such file */
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

async function needsOf(url: string): Promise<Pick<ModuleReference, "project" | "reads">> {
  // The binary needs the permission to read CommonJS files. Elsewhere the runtime loads them together with the worker.
  if (isCompiled()) return { reads: await commonJsFiles(url) };
  return { project: await ownProject(url) };
}

/** The names of the module and the task, as the user wrote them. They need not exist. */
export function namesOf(
  { module, eval: source }: Pick<RunOptions, "module" | "eval">,
): Pick<ModuleReference, "name" | "task" | "implied"> {
  if (source !== undefined) return { name: "-e", task: "default", implied: false };
  const { name, task } = splitModule(module!);
  return { name, task: task ?? "default", implied: task === undefined };
}

/** Returns the module and the task in one text: `tasks.ts#work`, or `-e`. */
export function targetName({ name, task }: Pick<ModuleReference, "name" | "task">): string {
  return name === "-e" ? name : `${name}#${task}`;
}

/** Splits `tasks.ts#work`. The path of a file may contain a #, too: `c#/tasks.ts`. */
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

/** Whether a name begins with a scheme of two letters or more: `C:\tasks.ts` is a path. */
export function isUrl(name: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(name);
}

/** The URL. In the URL of a file, links are resolved. */
function ofFile(url: string): string {
  if (!/^file:/i.test(url) || !URL.canParse(url)) return url;
  return fileUrl(fileURLToPath(url), url);
}

/** The URL of a file. `written` is the argument of the command line. */
function fileUrl(name: string, written: string): string {
  const path = resolve(name);
  // Deno would import it, if the import named its type.
  if (/\.jsonc?$/i.test(name)) {
    throw new UserError(`Cannot load ${name}: it is a JSON file, which has no functions`);
  }
  try {
    if (statSync(path).isDirectory()) throw new UserError(`Cannot load ${name}: it is a folder`);
    // As on Node and Bun, imports are resolved from the folder of the file, and not from that of a link to it.
    return pathToFileURL(realpathSync(path)).href;
  } catch (error) {
    if (error instanceof UserError) throw error;
    const both = name === written || isUrl(written) ? "" : `, and there is no file ${written}`;
    throw new UserError(`Cannot load ${name}: ${systemReason(error)}${both}`);
  }
}
