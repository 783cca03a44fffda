/** Lists the flags of a topic, each with all texts of the table. */

import type { Topic } from "./help_topics.ts";
import { type Flag, FLAGS, helpOf, kebab } from "./table.ts";
import { wrapped } from "./wrapped.ts";

/** Maximum width of the list, in columns. */
const COLUMNS = 100;

/** Returns the list, without a newline at the end. */
export function flagList(topic: Topic): string {
  const rows = Object.entries<Flag>(FLAGS)
    .filter(([, flag]) => flag.topic === topic && flag.usage.startsWith("-"))
    .flatMap(([key, flag]) => [
      [usageOf(flag), flag.in.includes("run") ? textOf(flag) : `(polyloop ${flag.in}) ${textOf(flag)}`],
      ...flag.negated === undefined ? [] : [[`--no-${kebab(key)}`, `${flag.negated}.`]],
    ]);
  const width = Math.max(...rows.map(([usage]) => usage.length));
  return rows.map(([usage, text]) => wrapped(`  ${usage.padEnd(width)}  ${text}`, COLUMNS)).join("\n");
}

/** `-j, --workers N`, `--schema[=EXPORT]`. */
export function usageOf({ usage }: Flag): string {
  return usage.replace(/[<>]/g, "").replace(/ \[(.*)\]/, "[=$1]");
}

/** Returns all texts of a flag, as sentences. */
export function textOf(flag: Flag): string {
  const help = helpOf(flag, "run").replace(/[^.]$/, "$&.");
  return [help, flag.more, flag.since && `Since ${flag.since}.`].filter(Boolean).join(" ");
}
