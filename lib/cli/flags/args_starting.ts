/**
 * The commands around a run: those by which one gets to it, and help.
 *
 * @module
 */

import { Argument, type Command as Program, Option } from "npm:commander@15.1.0";
import { addPermissions } from "./args_permissions.ts";
import { gather } from "./gather.ts";
import type { Command } from "../command.ts";
import { SHELLS } from "./completions/shells.ts";
import { FORMATS, KINDS } from "../init/answers.ts";
import { TOPICS } from "./help_topics.ts";
import { type BenchOptions, checkBenchOptions, checkFlags } from "./options.ts";

const COMPLETIONS_USE = `
To have them in every new shell:
  bash   echo 'source <(polyloop completions bash)' >> ~/.bashrc
  zsh    echo 'source <(polyloop completions zsh)' >> ~/.zshrc     (after compinit)
  fish   polyloop completions fish > ~/.config/fish/completions/polyloop.fish
`;

/** Adds them to the definition. */
export function addStartingCommands(program: Program, onCommand: (command: Command) => void): void {
  const bench = program.command("bench")
    .summary("find the workers and the concurrency that suit a task")
    .description(
      "Tries workers × concurrency on a sample of the input and recommends both. It really runs the task on these\n" +
        "inputs, again and again, with a fresh executor for each combination.",
    )
    .usage("MODULE[#EXPORT] | -e SOURCE [options] [-- INPUT …]")
    .argument("[MODULE]")
    .configureHelp({ visibleArguments: () => [] })
    .helpOption("-h, --help", "print this help")
    .option("-e, --eval <SOURCE>", "a function instead of MODULE: 'async (x) => …'")
    .option("-i, --input <FILE>", "take the sample from FILE (-: stdin)", gather)
    .option("--from <FORMAT>", "format of the inputs, as with run [default: jsonl]")
    .option("--sample <N>", "try the first N inputs [default: 1000]")
    .option("--for <TIME>", "time for all measurements [default: 10s]")
    .option("--isolation <HOW>", "thread, process or none [default: thread]")
    .option("--calls <N>", "make at most N calls in all [default: no limit]")
    .option("--rate <N/TIME>", "start at most N tasks per time: 100/s, 10/m")
    .option("--limit-per <KEY=N>", "at most N in flight per host, or value of a field")
    .option("--timeout <TIME>", "time limit of an attempt [default: no limit]")
    .option("--grace <TIME>", "time to stop after a timeout [default: 5s]")
    .option("--retries <N>", "more attempts for a failed input [default: 0]")
    .option("--backoff <RANGE>", "delays before retries")
    .option("--config <FILE>", "options from a JSON file, as with run")
    .option("--no-config", "ignore polyloop.json")
    .option("--json", "print the measurements as JSON");
  addPermissions(bench, { config: true })
    .action((module, { for: time, sample, calls, json, ...others }) => {
      const own = checkBenchOptions({ for: time, sample, calls, json });
      if (!own.ok) return onCommand({ kind: "usageError", message: own.message });
      onCommand(toBenchCommand({ ...others, module }, own.value));
    });
  program.command("init")
    .summary("write a task, ten inputs and a config to start from")
    .description("Writes a task module, ten inputs and a polyloop.json that run at once. Asks two questions.")
    .usage("[FOLDER] [options]")
    .argument("[FOLDER]")
    .configureHelp({ visibleArguments: () => [] })
    .helpOption("-h, --help", "print this help")
    .addOption(
      new Option("--task <KIND>", "what a task does: wait for others, or compute").choices(
        Object.keys(KINDS),
      ),
    )
    .addOption(new Option("--from <FORMAT>", "how inputs are written").choices(Object.keys(FORMATS)))
    .option("--force", "overwrite what is there")
    .action((folder, { task, from, force = false }) => {
      onCommand({ kind: "init", options: { folder: folder ?? ".", task, from, force } });
    });
  program.command("completions")
    .summary("print the completions for a shell")
    .description("Prints a script by which a shell completes commands, flags and their values.")
    .usage("bash|zsh|fish")
    .addArgument(new Argument("<SHELL>").choices(SHELLS))
    .configureHelp({ visibleArguments: () => [] })
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", COMPLETIONS_USE)
    .action((shell) => onCommand({ kind: "completions", shell }));
  addHelp(program, onCommand);
}

/** The command by its flags; `args` of them are inputs. */
export function toBenchCommand(flags: Record<string, unknown>, bench: BenchOptions): Command {
  const options = checkFlags(flags);
  if (!options.ok) return { kind: "usageError", message: options.message };
  return { kind: "bench", options: options.value, flags, bench };
}

/** In place of commander's own, which knows no topics. */
function addHelp(program: Program, onCommand: (command: Command) => void): void {
  const topic = new Argument("[TOPIC]");
  // Known to completions, and not checked: what is wrong is said with the nearest.
  topic.argChoices = [...program.commands.map((command) => command.name()), ...Object.keys(TOPICS)];
  program.command("help")
    .summary("print help on a command or a topic")
    .description("Prints help on a command or a topic.")
    .usage("[COMMAND|TOPIC]")
    .addArgument(topic)
    .configureHelp({ visibleArguments: () => [] })
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", `\nTopics:\n${topicList()}`)
    .action((name?: string) => {
      const command = program.commands.find((known) => known.name() === name);
      if (name === undefined || command) return (command ?? program).help();
      onCommand({ kind: "topic", topic: name });
    });
}

function topicList(): string {
  return Object.entries(TOPICS).map(([name, about]) => `  ${name.padEnd(14)}${about}\n`).join("");
}
