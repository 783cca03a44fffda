/**
 * The options of a run as its journal keeps them: the flags as they were written, with absolute paths. `resume` checks them
 * again, like those of a command line.
 */

import process from "node:process";
import { z } from "npm:zod@4.6.7";
import type { ModuleReference } from "../task/module_reference.ts";
import { flagOf, isPath } from "../flags/table.ts";
import { absolutePath } from "../basics/paths.ts";
import { absoluteGrant, granted } from "../task/permissions.ts";
import { UserError } from "../user_error.ts";

export type Flags = Record<string, unknown>;

const flagsSchema = z.record(z.string(), z.union([z.string(), z.array(z.string()), z.boolean()]));

/** The flags that a journal keeps, as JSON, with the working folder, from which the task's own paths start. */
export function keepFlags(flags: Flags, reference: ModuleReference): string {
  const { module, ...others } = flags;
  const ofRun = Object.entries(others).filter(([key]) => !flagOf(key)?.isOfSession);
  const kept = { cwd: process.cwd(), ...absoluteFlags(Object.fromEntries(ofRun)) };
  if (typeof module !== "string") return JSON.stringify(kept);
  const isFile = reference.url.startsWith("file:");
  const name = isFile && !reference.name.startsWith("file:") ? absolutePath(reference.name) : reference.name;
  return JSON.stringify({ ...kept, module: reference.implied ? name : `${name}#${reference.task}` });
}

/** Flags as they hold from any folder; but for the module. */
export function absoluteFlags(flags: Flags): Flags {
  return Object.fromEntries(Object.entries(flags).map(([key, value]) => [key, absoluteValue(key, value)]));
}

function absoluteValue(key: string, value: unknown): unknown {
  // The name of a module may end in an export, and stands for itself.
  if (!isPath(key) || key === "module") return value;
  if (Array.isArray(value)) return value.map(absolutePath);
  if (typeof value !== "string") return value;
  return granted(key) ? absoluteGrant(key, value) : absolutePath(value);
}

/** What a journal kept → the flags that it was. @throws {UserError} if somebody else wrote there */
export function keptFlags(json: string, path: string): Flags {
  try {
    return flagsSchema.parse(JSON.parse(json));
  } catch {
    throw new UserError(`${path} is damaged: its options cannot be read`);
  }
}
