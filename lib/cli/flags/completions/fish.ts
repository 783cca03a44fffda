/** Completions for fish. */

import type { CommandModel, Flag, Value } from "./model.ts";

/** The script that is sourced, or put into `~/.config/fish/completions/polyloop.fish`. */
export function fish({ commands, flags }: { commands: CommandModel[]; flags: Flag[] }): string {
  const none = "__fish_use_subcommand";
  const lines = [
    "# Completions of polyloop for fish. To have them: polyloop completions fish | source",
    "complete -c polyloop -f",
    ...flags.map((flag) => flagLine(none, flag)),
    ...commands.map(({ name, summary }) =>
      `complete -c polyloop -n ${none} -a ${name} -d ${single(summary)}`
    ),
  ];
  for (const { name, flags, argument } of commands) {
    const here = single(`__fish_seen_subcommand_from ${name}`);
    lines.push(...flags.map((flag) => flagLine(here, flag)));
    if (argument) lines.push(`complete -c polyloop -n ${here} ${values(argument.value)}`.trimEnd());
  }
  return `${lines.join("\n")}\n`;
}

function flagLine(condition: string, { short, long, description, value, optional }: Flag): string {
  const names = `${short ? `-s ${short.slice(1)} ` : ""}-l ${long.slice(2)}`;
  // -r: a value is required. -x: a value is required and is not a file.
  const needs = optional ? "" : value?.kind === "file" ? " -r" : " -x";
  const after = value ? `${needs} ${values(value)}`.trimEnd() : "";
  return `complete -c polyloop -n ${condition} ${names}${after} -d ${single(description)}`;
}

function values(value: Value): string {
  if (value.kind === "words") return `-a ${single(value.words.join(" "))}`;
  return value.kind === "file" ? "-F" : "";
}

function single(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
