/** The commands: their help and their argument. Their flags are in `table.ts`. */

import { TOPICS } from "./help_topics.ts";

export interface CommandFacts {
  /** One line for the list of commands. */
  summary: string;
  description: string;
  /** Its usage, without its name. */
  usage: string;
  /** The name of its argument, in brackets if it may be left out. */
  argument?: string;
  words?: readonly string[];
  /** Text at the end of its help. */
  after?: string;
}

const TASK_USAGE = "MODULE[#EXPORT] | -e SOURCE [options] [-- INPUT …]";

export const COMMANDS = {
  run: {
    summary: "Run a task over many inputs",
    description: "Runs a task over many inputs. Results go to stdout, everything else to stderr.",
    usage: TASK_USAGE,
    argument: "[MODULE]",
    after: `
Examples:
  polyloop run tasks.ts#fetch -i urls.txt -o pages.jsonl -c 64 --allow-net
  find . -name '*.md' | polyloop run --from lines tasks.ts#wordCount

Durations: 250ms, 30s, 5m, 2h. Sizes: 64mb, 2gb. More: polyloop help TOPIC.
`,
  },
  resume: {
    summary: "Continue a run that has a journal",
    description:
      "Runs the inputs that have no outcome in the journal. Writes the output of all inputs from the start.\n" +
      "Uses the options of the run, unless flags replace them.",
    usage: "JOURNAL [options]",
    argument: "<JOURNAL>",
  },
  status: {
    summary: "Show the progress of a run that has a journal",
    description: "Shows counts, times and errors of a run, even while it runs.",
    usage: "JOURNAL [--json] [--report FILE]",
    argument: "<JOURNAL>",
  },
  worker: {
    summary: "Serve a module's tasks to runs on other machines",
    description:
      "Runs the tasks of a module until it is stopped. The inputs come from polyloop run --redis on any machine.\n" +
      "On SIGTERM it takes no more inputs, finishes its running tasks, and ends.",
    usage: "MODULE --redis URL [options]",
    argument: "[MODULE]",
  },
  top: {
    summary: "Show the runs and workers of a broker",
    description:
      "Shows live runs, workers, rates, waiting inputs and the quarantine. On a terminal, updates the display, and\n" +
      "keys sort the rows, pause a run and drain a worker; ? explains the words, and q ends it.",
    usage: "--redis URL [options]",
  },
  bench: {
    summary: "Find the workers and concurrency that suit a task",
    description:
      "Measures combinations of workers and concurrency on a sample of the inputs, and recommends one.\n" +
      "The task really runs, many times per input. Each combination has fresh workers.",
    usage: TASK_USAGE,
    argument: "[MODULE]",
  },
  init: {
    summary: "Write a sample task, ten inputs and a config",
    description:
      "Writes a task module, ten inputs and a polyloop.json. Prints the command that runs them.\n" +
      "Asks two questions, unless --task and --from answer them.",
    usage: "[FOLDER] [options]",
    argument: "[FOLDER]",
  },
  completions: {
    summary: "Print the completions for a shell",
    description: "Prints the script with which a shell completes commands, flags and their values.",
    usage: "bash|zsh|fish|powershell",
    argument: "<SHELL>",
    words: ["bash", "zsh", "fish", "powershell"],
    after: `
To load the completions in every new shell (in zsh after compinit):
  bash   echo 'source <(polyloop completions bash)' >> ~/.bashrc
  zsh    echo 'source <(polyloop completions zsh)' >> ~/.zshrc
  fish   polyloop completions fish > ~/.config/fish/completions/polyloop.fish
In PowerShell: polyloop completions powershell >> $PROFILE
`,
  },
  help: {
    summary: "Print help on a command or a topic",
    description: "Prints help on a command or a topic.",
    usage: "[COMMAND|TOPIC] [--man]",
    argument: "[TOPIC]",
    after: `\nTopics:\n${
      Object.entries(TOPICS).map(([name, about]) => `  ${name.padEnd(14)}${about}\n`).join("")
    }`,
  },
} as const satisfies Record<string, CommandFacts>;

export type CommandName = keyof typeof COMMANDS;

export type Shell = typeof COMMANDS.completions.words[number];

export const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];
