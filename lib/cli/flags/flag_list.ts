/**
 * The flags of a topic as a list: what each does, with all that the table says of it.
 *
 * @module
 */

import type { Topic } from "./help_topics.ts";
import { type Flag, FLAGS, helpOf, kebab } from "./table.ts";

/** The columns that texts are written for. */
const COLUMNS = 100;

/** The columns of the flags, at most; a longer flag has a line of its own. */
const WIDEST = 26;

/** The list, without a line end behind the last line. */
export function flagList(topic: Topic): string {
  const rows = Object.entries<Flag>(FLAGS)
    .filter(([, flag]) => flag.topic === topic && flag.usage.startsWith("-"))
    .flatMap(([key, flag]) => [
      [usageOf(flag), flag.in.includes("run") ? textOf(flag) : `(polyloop ${flag.in}) ${textOf(flag)}`],
      ...flag.negated === undefined ? [] : [[`--no-${kebab(key)}`, `${flag.negated}.`]],
    ]);
  const width = Math.min(WIDEST, Math.max(...rows.map(([usage]) => usage.length)));
  return rows.flatMap(([usage, text]) => linesOf(usage, text, width)).join("\n");
}

/** `-j, --workers N`, `--schema[=EXPORT]`. */
export function usageOf({ usage }: Flag): string {
  return usage.replace(/[<>]/g, "").replace(/ \[(.*)\]/, "[=$1]");
}

/** Everything that is said of a flag, as sentences. */
export function textOf(flag: Flag): string {
  const help = helpOf(flag, "run").replace(/[^.]$/, "$&.");
  return [help, flag.more, flag.since && `Since ${flag.since}.`].filter(Boolean).join(" ");
}

function linesOf(usage: string, text: string, width: number): string[] {
  const indent = " ".repeat(width + 4);
  const lines: string[] = [];
  let line = `  ${usage.padEnd(width)} `;
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = indent + word;
    } else line += ` ${word}`;
  }
  return [...lines, line];
}
