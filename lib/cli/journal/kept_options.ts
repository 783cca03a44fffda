/**
 * The options of a run as its journal keeps them: the flags as they were written, with paths that hold from
 * any folder. So they are checked again, like those of the command line, when they come back.
 *
 * @module
 */

import process from "node:process";
import { z } from "npm:zod@4.6.7";
import type { ModuleReference } from "../task/module_reference.ts";
import { checkRunOptions, PATH_KEYS, type RunOptions } from "../flags/options.ts";
import { absolutePath } from "../paths.ts";
import { absoluteGrant } from "../task/permissions.ts";
import { UserError } from "../user_error.ts";

/** Flags by name: texts, lists of them, or true. */
export type Flags = Record<string, unknown>;

/** The module may name an export behind its path, and a journal does not keep its own. */
const KEPT_PATHS = PATH_KEYS.filter((key) => key !== "module" && key !== "journal");

const flagsSchema = z.record(z.string(), z.union([z.string(), z.array(z.string()), z.boolean()]));

/** What a journal keeps: the flags, and the folder that the task's own paths start from. */
export function keepFlags(flags: Flags, reference: ModuleReference): string {
  const { journal: _, module, ...others } = flags;
  const kept = { cwd: process.cwd(), ...absoluteFlags(others) };
  if (typeof module !== "string") return JSON.stringify(kept);
  const isFile = reference.url.startsWith("file:");
  const name = isFile && !reference.name.startsWith("file:") ? absolutePath(reference.name) : reference.name;
  return JSON.stringify({ ...kept, module: reference.implied ? name : `${name}#${reference.task}` });
}

/** Flags as they hold from any folder; but for the module. */
export function absoluteFlags(flags: Flags): Flags {
  const kept = { ...flags };
  for (const name of KEPT_PATHS) {
    const path = kept[name];
    if (typeof path === "string") kept[name] = absolutePath(path);
    if (Array.isArray(path)) kept[name] = path.map(absolutePath);
  }
  for (const [flag, value] of Object.entries(kept)) {
    if (typeof value === "string") kept[flag] = absoluteGrant(flag, value);
  }
  return kept;
}

/**
 * What a journal kept → the flags that it was.
 *
 * @throws {UserError} if somebody else wrote there
 */
export function keptFlags(json: string, path: string): Flags {
  try {
    return flagsSchema.parse(JSON.parse(json));
  } catch {
    throw new UserError(`${path} is damaged: its options cannot be read`);
  }
}

/** The options that flags stand for. */
export function optionsOf(flags: Flags): RunOptions {
  const checked = checkRunOptions(flags);
  if (!checked.ok) throw new UserError(checked.message);
  return checked.value;
}
