/** The commands of the README, for the tests that run them. */
import { readFileSync } from "node:fs";

const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

/** The code blocks of shell commands under a heading of the README, each as its lines. */
export function commandsUnder(heading: string): string[][] {
  const section = README.split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  if (!section) throw new Error(`README.md has no section "${heading}"`);
  return [...section.matchAll(/^```sh\n([^]*?)\n```$/gm)].map(([, lines]) => lines.split("\n"));
}

/** The blocks of TypeScript under a heading of the README. */
export function programsUnder(heading: string): string[] {
  const section = README.split(/^## /m).find((text) => text.startsWith(`${heading}\n`))!;
  return [...section.matchAll(/^```ts[^\n]*\n([^]*?)^```$/gm)].map(([, code]) => code);
}

/** The sections that have commands. */
export function sectionsWithCommands(): string[] {
  const headings = [...README.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  return headings.filter((heading) => commandsUnder(heading).length > 0);
}
