/** The manual page, in roff: `polyloop help --man | man -l -`. It is made of the tables and the topics' texts. */

import { type CommandFacts, COMMANDS } from "./commands.ts";
import { textOf, textWith, usageOf } from "./topic_text.ts";
import { type Topic, TOPICS } from "./help_topics.ts";
import { type Flag, GROUPS, kebab } from "./table.ts";
import { wrapped } from "./wrapped.ts";

/** Width of a text, in columns: 80 without the margin that man adds. */
const COLUMNS = 72;

export function manPage(version: string): string {
  return [
    `.TH POLYLOOP 1 "" "polyloop ${version}" "User Commands"`,
    ".SH NAME",
    "polyloop \\- run an async function over many inputs, on every core",
    ".SH SYNOPSIS",
    ...Object.entries<CommandFacts>(COMMANDS).flatMap(([name, { usage }]) => [
      `.B polyloop ${name}`,
      escaped(usage),
      ".br",
    ]),
    ".SH COMMANDS",
    ...Object.entries<CommandFacts>(COMMANDS).flatMap(([name, { description }]) => [
      ".TP",
      `.B ${name}`,
      escaped(description.replaceAll("\n", " ")),
    ]),
    ".SH OPTIONS",
    "Brackets after an option list the commands that have it.",
    ...GROUPS.flatMap(([title, flags]) => [`.SS ${quoted(title.replace(/:$/, ""))}`, ...optionsOf(flags)]),
    ...Object.keys(TOPICS).flatMap((topic) => sectionOf(topic as Topic)),
    ".SH ENVIRONMENT",
    ".TP",
    ".B POLYLOOP_REDIS",
    "URL of the broker. It may contain a password.",
    ".TP",
    ".B NO_COLOR",
    "If this variable is set, output has no colours.",
    "",
  ].join("\n");
}

function optionsOf(flags: Record<string, Flag>): string[] {
  return Object.entries(flags).flatMap(([key, flag]) => {
    const where = escaped(`[${flag.in.join(", ")}]`);
    const row = [".TP", `.B ${escaped(usageOf(flag))}`, escaped(textOf(flag)), where];
    if (flag.negated === undefined) return row;
    return [...row, ".TP", `.B ${escaped(`--no-${kebab(key)}`)}`, escaped(`${flag.negated}.`), where];
  });
}

/** Returns a topic with its lines unchanged, because most have examples and tables. Its flags are among the options. */
function sectionOf(topic: Topic): string[] {
  const text = wrapped(textWith(topic, "").trim(), COLUMNS);
  return [
    `.SH ${quoted(topic === "exit-codes" ? "EXIT STATUS" : topic.toUpperCase())}`,
    `${escaped(capital(TOPICS[topic]))}.`,
    ".PP",
    ".nf",
    escaped(text),
    ".fi",
  ];
}

function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}

function quoted(text: string): string {
  return `"${escaped(text).replaceAll('"', '""')}"`;
}

/** Escapes text so that roff shows it unchanged, even where it reads only ASCII. */
function escaped(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^(?=[.'])/gm, "\\&")
    .replace(
      /[^\0-\x7f]/gu,
      (sign) => `\\[u${sign.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}]`,
    );
}
