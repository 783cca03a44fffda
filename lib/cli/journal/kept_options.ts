/**
 * The options of a run as its journal keeps them: the flags as they were written, with paths that hold from
 * any folder. So they are checked again, like those of the command line, when they come back.
 *
 * @module
 */

import { statSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "npm:zod@4.6.7";
import type { InputFile } from "../input/input_file.ts";
import type { ModuleReference } from "../module_reference.ts";
import { checkRunOptions, type RunOptions } from "../options.ts";
import { absoluteGrant } from "../permissions.ts";
import { UserError } from "../user_error.ts";

/** Flags by name: texts, or true. */
export type Flags = Record<string, unknown>;

const flagsSchema = z.record(z.string(), z.union([z.string(), z.boolean()]));

/** The flags as they hold from any folder. */
export function absoluteFlags(flags: Flags, reference: ModuleReference): Flags {
  const { journal: _, module, ...kept } = flags;
  for (const name of ["input", "output", "errors"]) {
    const path = kept[name];
    if (typeof path === "string" && path !== "-") kept[name] = resolve(path);
  }
  for (const [flag, value] of Object.entries(kept)) {
    if (typeof value === "string") kept[flag] = absoluteGrant(flag, value);
  }
  if (typeof module !== "string") return kept;
  const isFile = reference.url.startsWith("file:");
  const name = isFile && !reference.name.startsWith("file:") ? resolve(reference.name) : reference.name;
  return { ...kept, module: reference.implied ? name : `${name}#${reference.task}` };
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

/**
 * Makes sure that the journal would not overwrite the input, nor the output the journal.
 *
 * @throws {UserError} if it would
 */
export function checkJournalPath(path: string, { output, errors }: RunOptions, input: InputFile): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  const isSame = (other: string | undefined) => {
    if (other === undefined || other === "-") return false;
    if (resolve(other) === resolve(path)) return true;
    const found = statSync(other, { throwIfNoEntry: false });
    return found !== undefined && stats?.dev === found.dev && stats.ino === found.ino;
  };
  if (stats?.isFile() && stats.dev === input.stats.dev && stats.ino === input.stats.ino) {
    throw new UserError(`--journal: ${path} is the input file`);
  }
  if (isSame(output)) throw new UserError(`--journal: ${path} is the output file`);
  if (isSame(errors)) throw new UserError(`--journal: ${path} is the file of failed inputs`);
}

/** What the user types to go on. */
export function resumeCommand(path: string): string {
  return `polyloop resume ${/^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`}`;
}
