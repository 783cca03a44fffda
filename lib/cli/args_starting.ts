/**
 * The commands around a run: those by which one gets to it, and help.
 *
 * @module
 */

import type { Command as Program } from "npm:commander@15.1.0";
import type { Command } from "./args.ts";
import { TOPICS } from "./help_topics.ts";

/** Adds them to the definition. */
export function addStartingCommands(program: Program, onCommand: (command: Command) => void): void {
  addHelp(program, onCommand);
}

/** In place of commander's own, which knows no topics. */
function addHelp(program: Program, onCommand: (command: Command) => void): void {
  program.command("help")
    .summary("print help on a command or a topic")
    .description("Prints help on a command or a topic.")
    .usage("[COMMAND|TOPIC]")
    .argument("[TOPIC]")
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
