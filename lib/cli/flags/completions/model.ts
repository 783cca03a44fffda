/** Collects what can be completed: commands, flags and their values, from the tables. Each shell has a file that writes it. */

import { COMMAND_NAMES, type CommandFacts, COMMANDS } from "../commands.ts";
import { TOPICS } from "../help_topics.ts";
import { type Flag as TableFlag, FLAGS, kebab, keysOf } from "../table.ts";

export type Value = { kind: "words"; words: readonly string[] } | { kind: "file" } | { kind: "text" };

export interface Flag {
  short?: string;
  long: string;
  description: string;
  name?: string;
  value?: Value;
  /** Whether a value can only follow `=`. */
  optional: boolean;
}

export interface CommandModel {
  name: string;
  summary: string;
  flags: Flag[];
  argument?: { name: string; value: Value };
}

const HELP: Flag = { short: "-h", long: "--help", description: "Print help", optional: false };
const VERSION: Flag = { long: "--version", description: "Print the version", optional: false };

export function completionModel(): { commands: CommandModel[]; flags: Flag[] } {
  return { commands: COMMAND_NAMES.map(commandOf), flags: [VERSION, HELP] };
}

function commandOf(name: typeof COMMAND_NAMES[number]): CommandModel {
  const { summary, argument, words }: CommandFacts = COMMANDS[name];
  const choices = name === "help" ? [...COMMAND_NAMES, ...Object.keys(TOPICS)] : words;
  const value: Value = choices ? { kind: "words", words: choices } : { kind: "file" };
  const flags = keysOf(name).flatMap((key) => flagsOf(key, FLAGS[key as keyof typeof FLAGS]));
  return {
    name,
    summary,
    flags: [...flags, HELP],
    argument: argument === undefined ? undefined : { name: argument.slice(1, -1), value },
  };
}

/** Returns a flag and its negation; an empty list for an argument. */
function flagsOf(key: string, { usage, value, help, negated }: TableFlag): Flag[] {
  const found = /^(?:(-\w), )?(--[\w-]+)(?: ([<[])(.*)[>\]])?$/.exec(usage);
  if (!found) return [];
  const [, short, long, bracket, name] = found;
  const flag: Flag = { short, long, description: help, name, optional: bracket === "[" };
  if (name !== undefined) flag.value = valueOf(value);
  if (negated === undefined) return [flag];
  return [flag, { long: `--no-${kebab(key)}`, description: negated, optional: false }];
}

function valueOf(value: TableFlag["value"]): Value {
  const { words, isPath } = value;
  if (words) return { kind: "words", words };
  return isPath ? { kind: "file" } : { kind: "text" };
}
