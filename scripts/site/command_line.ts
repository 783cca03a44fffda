/**
 * Pages about the command line: all flags, and the text of each topic of `polyloop help`.
 */

import { type CommandFacts, COMMANDS } from "../../lib/cli/flags/commands.ts";

import { TOPICS } from "../../lib/cli/flags/help_topics.ts";
import { textOf, textOn, usageOf } from "../../lib/cli/flags/topic_text.ts";
import { type Flag, GROUPS, kebab } from "../../lib/cli/flags/table.ts";
import { escaped, type Section } from "./markdown.ts";

/** A page, with the parts that the search finds. */
export interface CommandPage {
  path: string;
  title: string;
  html: string;
  sections: Section[];
}

/** All pages about the command line. */
export async function commandPages(): Promise<CommandPage[]> {
  const topics = Object.entries(TOPICS).map(async ([topic, subject]) =>
    topicPage(topic, subject, await textOn(topic))
  );
  return [flagsPage(), ...await Promise.all(topics)];
}

function topicPage(topic: string, subject: string, text: string): CommandPage {
  const html = text.trim().split(/\n{2,}/).map((block) => {
    // Examples and tables keep their lines.
    const keeps = /^ /m.test(block);
    return keeps ? `<pre tabindex="0"><code>${escaped(block)}</code></pre>` : `<p>${escaped(block)}</p>`;
  });
  return {
    path: `help/${topic}.html`,
    title: topic,
    html: `<h1>${escaped(topic)}: ${escaped(subject)}</h1>\n<p><code>polyloop help ${topic}</code></p>\n${
      html.join("\n")
    }`,
    sections: [{ id: "", title: subject, text }],
  };
}

function flagsPage(): CommandPage {
  const commands = Object.entries<CommandFacts>(COMMANDS).map(([name, { usage, description }]) => {
    const text = description.replaceAll("\n", " ");
    return `<dt id="${name}"><code>polyloop ${name} ${escaped(usage)}</code></dt>\n<dd>${escaped(text)}</dd>`;
  });
  const sections: Section[] = [];
  const groups = GROUPS.map(([title, flags]) => {
    const rows = Object.entries(flags).flatMap(([key, flag]) => flagRows(key, flag, sections));
    return `<h2>${escaped(title.replace(/:$/, ""))}</h2>\n<dl>\n${rows.join("\n")}\n</dl>`;
  });
  return {
    path: "flags.html",
    title: "Commands and flags",
    html: `<h1>Commands and flags</h1>\n<dl>\n${commands.join("\n")}\n</dl>\n${groups.join("\n")}`,
    sections,
  };
}

function flagRows(key: string, flag: Flag, sections: Section[]): string[] {
  const row = (id: string, usage: string, text: string) => {
    sections.push({ id, title: usage, text });
    const where = flag.in.map((command) => `<a href="#${command}">${command}</a>`).join(", ");
    return `<dt id="${id}"><code>${escaped(usage)}</code></dt>\n<dd>${escaped(text)} (${where})</dd>`;
  };
  const rows = [row(`flag-${kebab(key)}`, usageOf(flag), textOf(flag))];
  if (flag.negated !== undefined) {
    rows.push(row(`flag-no-${kebab(key)}`, `--no-${kebab(key)}`, `${flag.negated}.`));
  }
  return rows;
}
