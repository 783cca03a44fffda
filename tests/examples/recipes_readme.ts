/** The commands and files of the recipes' README, for the tests that run them. */
import { readFileSync } from "node:fs";

/** The recipes' README. */
export const RECIPES = readFileSync(new URL("./recipes/README.md", import.meta.url), "utf8");

/** The commands under a heading. */
export function commandsOf(heading: string): string[] {
  return [...section(heading).matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, command]) => command);
}

/** The files under a heading, by the name in their first line. */
export function filesOf(heading: string): Record<string, string> {
  const blocks = section(heading).matchAll(/^```ts[^\n]*\n\/\/ (\S+)\n([^]*?)^```$/gm);
  return Object.fromEntries([...blocks].map(([, name, code]) => [name, code]));
}

function section(heading: string): string {
  return RECIPES.split(/^## /m).find((text) => text.startsWith(`${heading}\n`))!;
}
