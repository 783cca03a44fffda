/** The text of `polyloop help TOPIC`: a file of `topics/`, with the topic's flags in place of {flags}. */

import { UserError } from "../user_error.ts";
import { type Topic, TOPICS } from "./help_topics.ts";
import { type Flag, FLAGS, helpOf, kebab } from "./table.ts";
import * as TEXTS from "./topics/mod.ts";
import { wrapped } from "./wrapped.ts";

/** Maximum width of a list of flags, in columns. */
const COLUMNS = 100;

/** The text of a topic. @throws {UserError} if there is no such topic */
export async function textOn(topic: string): Promise<string> {
  if (Object.hasOwn(TOPICS, topic)) return textWith(topic as Topic, flagList(topic as Topic));
  const topics = Object.keys(TOPICS);
  const { didYouMean } = await import("./nearest.ts");
  throw new UserError(
    `help: there is no topic "${topic}"${didYouMean(topic, topics)}. Topics: ${topics.join(", ")}`,
  );
}

export function textWith(topic: Topic, flags: string): string {
  return TEXTS[topic.replace("-", "_") as keyof typeof TEXTS].replace("{flags}", flags);
}

function flagList(topic: Topic): string {
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

export function textOf(flag: Flag): string {
  const help = helpOf(flag, "run").replace(/[^.]$/, "$&.");
  return [help, flag.more, overBroker(flag), flag.since && `Since ${flag.since}.`].filter(Boolean).join(" ");
}

/** Says where a flag of `polyloop run` belongs with `--redis`, if not there. */
function overBroker({ broker, in: commands }: Flag): string | undefined {
  if (broker === undefined || typeof broker === "object" && broker.when) return undefined;
  return commands.includes("worker") ? "With --redis, give it to polyloop worker." : "Not with --redis.";
}
