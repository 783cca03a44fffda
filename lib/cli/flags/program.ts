/** Defines the commands and their flags for commander, from the two tables. */

import { Argument, Command as Program, Option } from "npm:commander@15.1.0";
import { COMMAND_NAMES, type CommandFacts, type CommandName, COMMANDS } from "./commands.ts";
import { TOPICS } from "./help_topics.ts";
import { type Flag, GROUPS, helpOf, kebab, wordsOf } from "./table.ts";

export const EXAMPLE = `
Example:
  echo 21 | polyloop run -e 'x => x * 2'

polyloop COMMAND --help prints the flags of a command. polyloop help TOPIC prints details of a topic: ${
  Object.keys(TOPICS).join(", ")
}.
`;

/** More columns than any line needs, because texts are wrapped later, together with polyloop's own additions. */
const UNWRAPPED = 1_000;

type OnCommand = (
  name: CommandName,
  argument: string | undefined,
  flags: Record<string, unknown>,
) => void;

/** Makes all commands. If `called` names one, only that one has its flags: all flags of all commands take 7 ms of CPU time. */
export function makeProgram(print: (text: string) => void, onCommand: OnCommand, called?: string): Program {
  const program = new Program("polyloop")
    .exitOverride()
    .configureOutput({
      writeOut: print,
      writeErr: print,
      getOutHelpWidth: () => UNWRAPPED,
      getErrHelpWidth: () => UNWRAPPED,
    })
    .description(
      "Runs an async function over many inputs, on every core, with many tasks in\n" +
        "flight on each core.",
    )
    .option("--version", "Print the version")
    .helpOption("-h, --help", "Print this help")
    .helpCommand(false)
    .addHelpText("after", EXAMPLE);
  const isCalled = COMMAND_NAMES.some((name) => name === called && name !== "help");
  for (const name of COMMAND_NAMES) {
    const command = addCommand(program, name, onCommand);
    if (!isCalled || name === called) addFlags(command, name);
  }
  return program;
}

function addCommand(program: Program, name: CommandName, onCommand: OnCommand): Program {
  const { summary, description, usage, argument, words, after }: CommandFacts = COMMANDS[name];
  const command = program.command(name)
    .summary(summary)
    .description(description)
    .usage(usage)
    .helpOption("-h, --help", "Print this help")
    // The reader has already found this help, so the help option is not listed.
    .configureHelp({ visibleArguments: () => [], visibleOptions: ({ options }) => [...options] })
    .addHelpText("after", after ?? "");
  if (argument) command.addArgument(argumentOf(argument, words));
  command.action((...given: unknown[]) => {
    onCommand(name, argument ? given[0] as string | undefined : undefined, command.opts());
  });
  return command;
}

function addFlags(command: Program, name: CommandName): void {
  for (const [title, flags] of GROUPS) {
    command.optionsGroup(title);
    for (const [key, flag] of Object.entries(flags)) {
      if (!flag.in.includes(name) || !/^-{1,2}\w/.test(flag.usage)) continue;
      command.addOption(optionOf(key, flag, name));
      if (flag.negated !== undefined) command.option(`--no-${kebab(key)}`, flag.negated);
    }
  }
}

function argumentOf(argument: string, words: readonly string[] | undefined): Argument {
  const made = new Argument(argument);
  return words ? made.choices(words) : made;
}

function optionOf(key: string, flag: Flag, command: CommandName): Option {
  const option = new Option(flag.usage, helpOf(flag, command));
  if (flag.isStrict) option.choices(wordsOf(key));
  if (flag.isRepeatable) {
    option.argParser((value: string, values: string[] | undefined) => [...values ?? [], value]);
  }
  return option;
}
