/** Describes a mistake in the arguments in one line, and suggests what was meant. */

import type { Command as Program, CommanderError } from "npm:commander@15.1.0";
import { PERMISSION_NAMES } from "../../wire/permissions.ts";
import { EVERYTHING } from "../task/permissions.ts";
import { otherWord } from "./other_words.ts";

/** Returns the message for an error of commander. */
export function usageMessage(error: CommanderError, args: string[], program: Program): string {
  const message = error.message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ").replace(
    `=${EVERYTHING}`,
    "",
  );
  const flag = /^unknown option '([^']+)'/.exec(message)?.[1];
  const other = flag === undefined ? "" : otherWord(flag, args, program);
  if (other) return `unknown option '${flag}'${other}`;
  if (error.code === "commander.excessArguments") return message + excessHint(args);
  if (error.code === "commander.unknownCommand") return `${message}. To run a module: polyloop run MODULE`;
  return aboutPermissions(flag) ?? message;
}

/** Suggests what unexpected arguments were meant to be. */
function excessHint(args: string[]): string {
  // `-P 4` is xargs's number of processes. Here, -P takes no number.
  if (args.some((arg, at) => arg === "-P" && /^\d+$/.test(args[at + 1] ?? ""))) {
    return " -P applies the permissions of a config and takes no number. -j N sets the number of workers";
  }
  const hints = [
    (args[0] === "run" || args[0] === "bench") &&
    "Give inputs on stdin, with -i FILE, or after --.",
    args.some((arg) => arg.startsWith("--allow-")) &&
    "A list of permissions stands after =, as in --allow-net=HOST.",
  ];
  return hints.filter(Boolean).map((hint) => ` ${hint}`).join("");
}

/** Returns the flags that grant permissions, if a similar flag is unknown. */
function aboutPermissions(flag: string | undefined): string | undefined {
  const name = /^--(?:allow|deny)-[^=]*/.exec(flag ?? "")?.[0];
  const known = PERMISSION_NAMES.map((name) => `--allow-${name}`);
  if (name === undefined || known.includes(name)) return undefined;
  return `unknown option '${name}'. There are ${known.join(", ")} and -A; what they do not grant is denied`;
}
