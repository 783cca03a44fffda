/**
 * What can be completed: commands, flags and what they take, as commander's own definition has it. One file per shell
 * writes it down.
 *
 * @module
 */

import type { Argument, Command, Option } from "npm:commander@15.1.0";
import { makeProgram } from "../args.ts";
import { wordsOf } from "../options.ts";

/** What stands after a flag, or as an argument: one of these words, a file, or something that nobody can guess. */
export type Value = { kind: "words"; words: string[] } | { kind: "file" } | { kind: "text" };

/** A flag. */
export interface Flag {
  short?: string;
  long: string;
  description: string;
  /** What it calls its value; nothing for one without. */
  name?: string;
  value?: Value;
  /** Whether a value can only stand after `=`. */
  optional: boolean;
}

/** A command. */
export interface CommandModel {
  name: string;
  summary: string;
  flags: Flag[];
  /** Its one argument, if it has one. */
  argument?: { name: string; value: Value };
}

const HELP: Flag = { short: "-h", long: "--help", description: "print help", optional: false };

/** The commands, and the flags beside them. */
export function completionModel(): { commands: CommandModel[]; flags: Flag[] } {
  const program = makeProgram(() => {}, () => {});
  return { commands: program.commands.map(commandOf), flags: [...program.options.map(flagOf), HELP] };
}

function commandOf(command: Command): CommandModel {
  const [argument] = command.registeredArguments;
  return {
    name: command.name(),
    summary: command.summary(),
    // Also those that the help does not list: it names one permission for all.
    flags: [...command.options.map(flagOf), HELP],
    argument: argument && { name: argument.name(), value: valueOf(argument, argument.name(), []) },
  };
}

function flagOf(option: Option): Flag {
  const { short, long, description, required, optional, flags } = option;
  const name = /[<[](.*)[>\]]/.exec(flags)?.[1];
  return {
    short,
    long: long!,
    description,
    name,
    value: required || optional ? valueOf(option, name ?? "", wordsOf(option.attributeName())) : undefined,
    optional,
  };
}

/** A path by what it is called in the help. */
function valueOf({ argChoices }: Option | Argument, name: string, words: string[]): Value {
  const choices = argChoices ?? words;
  if (choices.length > 0) return { kind: "words", words: [...choices] };
  return /^(FILE|FOLDER|PATHS|MODULE|JOURNAL)\b/.test(name) ? { kind: "file" } : { kind: "text" };
}
