/**
 * The table of all flags. The entries are in `declared/`, by group. Everything else is derived from this table:
 * commander's definitions and the help (`program.ts`), checked options (`options.ts`), the keys of a config and its
 * JSON schema, what a found config may set, what a journal keeps and `resume` replaces, what a broker does not allow,
 * completions, the lists in topics, and the man page.
 */

import type { CommandName } from "./commands.ts";
import type { Flag } from "./flag.ts";
import { MACHINES } from "./declared/machines.ts";
import { OWN } from "./declared/one_command.ts";
import { PERMISSIONS } from "./declared/permissions.ts";
import { CONFIG, RUN } from "./declared/run.ts";
import { STREAMS } from "./declared/streams.ts";
import { TASK } from "./declared/task.ts";

export type { Flag };

export const FLAGS = { ...OWN, ...TASK, ...STREAMS, ...PERMISSIONS, ...RUN, ...CONFIG, ...MACHINES };

export type FlagKey = keyof typeof FLAGS;

export const GROUPS: [title: string, flags: Record<string, Flag>][] = [
  ["Options:", OWN],
  ["The task:", TASK],
  ["Inputs and results:", STREAMS],
  ["Permissions of the task (on Deno none by default; lists follow =, as in =A,B):", PERMISSIONS],
  ["The run:", RUN],
  ["Config file:", CONFIG],
  ["Workers on other machines (polyloop help machines):", MACHINES],
];

export function flagOf(key: string): Flag | undefined {
  return Object.hasOwn(FLAGS, key) ? FLAGS[key as FlagKey] : undefined;
}

export function keysWith(isMeant: (flag: Flag) => boolean): string[] {
  return Object.entries<Flag>(FLAGS).filter(([, flag]) => isMeant(flag)).map(([key]) => key);
}

export function keysOf(command: CommandName): string[] {
  return keysWith((flag) => flag.in.includes(command));
}

export function isPath(key: string): boolean {
  const flag = flagOf(key);
  return flag !== undefined && flag.value.isPath === true;
}

export function wordsOf(key: string): string[] {
  const flag = flagOf(key);
  return flag ? flag.value.words ?? [] : [];
}

/** Converts `limitPer` to `limit-per`, the form of the flag. */
export function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A flag as messages name it: `--limit-per`, `-e`. */
export function flagName(key: string): string {
  if (key === "eval") return "-e";
  // Two commands may have different flags of one name, so the key may be another one.
  return /--[\w-]+/.exec(flagOf(key)?.usage ?? "")?.[0] ?? `--${kebab(key)}`;
}

export function defaultOf({ default: shown, filled }: Flag): string | undefined {
  return shown ?? (typeof filled === "string" ? filled : undefined);
}

/** Returns the help of a command's flag, with its default. */
export function helpOf(flag: Flag, command: CommandName): string {
  // On resume, the default is the value of the run.
  const shown = command === "resume" || flag.help.endsWith("]") ? undefined : defaultOf(flag);
  return shown === undefined ? flag.help : `${flag.help} [default: ${shown}]`;
}
