/** Parses argv to a Command. Has no side effects: prints nothing, reads nothing and does not exit. */

import { CommanderError } from "npm:commander@15.1.0";
import type { Command } from "../command.ts";
import type { Answers } from "../init/templates.ts";
import type { CommandName, Shell } from "./commands.ts";
import { UserError } from "../user_error.ts";
import {
  type BenchOptions,
  checkFlags,
  checkOwn,
  type RunOptions,
  type TopOptions,
  type WorkerOptions,
} from "./options.ts";
import { EXAMPLE, makeProgram } from "./program.ts";
import { type Flag, FLAGS } from "./table.ts";
import { usageMessage } from "./usage_message.ts";
import { wrapped } from "./wrapped.ts";

type Flags = Record<string, unknown>;

/** Parses the arguments. `columns` is the width of help texts. @throws {UserError} if an argument is wrong */
export function parseArgs(args: string[], { columns = 80 } = {}): Command {
  let printed = "";
  let command: Command | undefined;
  const [own, inputs] = splitInputs(args);
  const program = makeProgram((text) => printed += text, (name, argument, flags) => {
    const called = program.commands.find((known) => known.name() === argument);
    if (name === "help" && !flags.man && (argument === undefined || called)) (called ?? program).help();
    command = commandOf(name, argument, inputs ? { ...flags, args: inputs } : flags);
  }, args[0]);
  const help = (text: string, asked: boolean): Command => ({
    kind: "help",
    text: wrapped(text, columns),
    asked,
  });
  if (args.length === 0) return help(program.helpInformation() + EXAMPLE, false);
  try {
    program.parse(own.map(withBareValue), { from: "user" });
  } catch (error) {
    // --version applies anywhere in the arguments, even if the command is missing.
    if (program.opts().version) return { kind: "version" };
    if (!(error instanceof CommanderError)) throw error;
    if (error.code.startsWith("commander.help")) return help(printed, error.exitCode === 0);
    throw new UserError(usageMessage(error, own, program));
  }
  if (program.opts().version) return { kind: "version" };
  return command ?? help(printed, false);
}

/** Arguments after `--` are inputs. commander would take the first one for the module. */
function splitInputs(args: string[]): [own: string[], inputs: string[] | undefined] {
  const at = args[0] === "run" || args[0] === "bench" ? args.indexOf("--") : -1;
  return at === -1 ? [args, undefined] : [args.slice(0, at), args.slice(at + 1)];
}

/** The value of each flag whose value may be left out, by the flag's name. */
const BARE = new Map(
  Object.values<Flag>(FLAGS).flatMap(({ usage, bare }) =>
    bare === undefined ? [] : [[usage.split(" ")[0], bare]]
  ),
);

/** `--allow-net` takes a list only after `=`. commander would take the next word. */
function withBareValue(arg: string): string {
  const bare = BARE.get(arg);
  return bare === undefined ? arg : `${arg}=${bare}`;
}

function commandOf(name: CommandName, argument: string | undefined, all: Flags): Command {
  switch (name) {
    case "run":
      return { kind: name, ...withModule(all, argument) };
    case "bench": {
      const { for: time, sample, calls, json, ...others } = all;
      const bench = checkOwn<BenchOptions>(name, { for: time, benchSample: sample, calls, json });
      return { kind: name, ...withModule(others, argument), bench };
    }
    case "worker": {
      const { metrics, lock, label, idleExit, exitWithRun, onStuckThread, ...others } = all;
      const own = { metrics, lock, label, idleExit, exitWithRun, onStuckThread };
      return { kind: name, ...withModule(others, argument), worker: checkOwn<WorkerOptions>(name, own) };
    }
    case "resume": {
      const {
        retryFailed = false,
        acceptChangedModule = false,
        forget = false,
        repair = false,
        ...overrides
      } = all as Record<"retryFailed" | "acceptChangedModule" | "forget" | "repair", boolean>;
      const own = { retryFailed, acceptChangedModule, forget, repair };
      return { kind: name, options: { journal: argument!, overrides, ...own } };
    }
    case "status": {
      const { json = false, report } = all as { json?: boolean; report?: string };
      return { kind: name, journal: argument!, json, report };
    }
    case "top":
      return { kind: name, options: checkOwn<TopOptions>(name, all) };
    case "init": {
      const { task, from, force = false } = all as Partial<Answers> & { force?: boolean };
      return { kind: name, options: { folder: argument ?? ".", task, from, force } };
    }
    case "completions":
      return { kind: name, shell: argument as Shell };
    case "help":
      return all.man ? { kind: "man" } : { kind: "topic", topic: argument! };
    default:
      return name satisfies never;
  }
}

/** The flags of a command with the module that it runs, and the options that they make. */
function withModule(others: Flags, module: string | undefined): { options: RunOptions; flags: Flags } {
  const flags = { ...others, module };
  return { options: checkFlags(flags), flags };
}
