/** What a task can touch without any right works in each isolation, on a terminal and off, with default permissions. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isDeno } from "../program.ts";
import { moduleOfUses, USES } from "./globals.ts";
import { folder, polyloop, SHELL_COMMAND } from "./polyloop.ts";
import { hasTmux, Screen } from "./screen.ts";

const NAMES = Object.keys(USES);
const WANTED = NAMES.map((name) => ({ name, ok: true, value: USES[name].result }));

const files = () =>
  folder({
    "t.mjs": moduleOfUses(),
    "neighbour.mjs": 'export const value = "next door";\n',
    "in.txt": NAMES.map((name) => `${name}\n`).join(""),
  });

/** `none` has all that the program has, and only by -A. */
const ISOLATIONS = [["thread"], ["process"], ["none", "-A"]];
const argsOf = ([isolation, ...grants]: string[]) => [
  ...["run", "t.mjs", "--from", "lines", "-i", "in.txt", "--envelope", "--isolation", isolation],
  ...["-j", "1", "-c", "1", ...grants],
];

/** The outcomes by the name of what was used. */
function outcomes(results: string) {
  return results.trimEnd().split("\n").map((line) => JSON.parse(line)).map(({ index, ok, value, error }) => {
    return { name: NAMES[index], ok, value: ok ? value : error.message };
  });
}

/** Each text is on a line of its own or within one, whatever came between. */
function expectSaid(text: string): void {
  for (const name of NAMES) {
    for (const said of USES[name].said ?? []) expect(text, name).toContain(said);
  }
}

describe.each(ISOLATIONS)("a task's globals, --isolation %s", (...isolation) => {
  test("work off a terminal, and what the console says is on stderr", async () => {
    using dir = files();
    const { stdout, stderr } = await polyloop(argsOf(isolation), { cwd: dir.path });
    expect(outcomes(stdout)).toEqual(WANTED);
    expectSaid(stderr);
  });

  test.skipIf(!hasTmux).each([{}, { NO_COLOR: "1" }, { TERM: "dumb" }, { NODE_DISABLE_COLORS: "1" }])(
    "work on a terminal with %o",
    async (env) => {
      using dir = files();
      const command = `${SHELL_COMMAND} ${argsOf(isolation).map((arg) => `'${arg}'`).join(" ")}`;
      const variables = Object.entries(env).map(([name, value]) => `${name}=${value} `).join("");
      using screen = new Screen(`${variables}${command} > out; echo "code $?"`, { cwd: dir.path, rows: 50 });
      await screen.shows(/code \d/);
      expect(outcomes(readFileSync(join(dir.path, "out"), "utf8"))).toEqual(WANTED);
      const shown = screen.text({ history: true });
      expectSaid(shown);
      expect(shown).not.toMatch(/Allow\?|permission/i);
    },
  );
});

test.skipIf(!isDeno)("console formats as the runtime does", async () => {
  using dir = folder({
    "t.mjs": 'export default () => console.log({ text: "it", list: ["a"], map: new Map([["k", 1]]) });\n',
  });
  const { stderr } = await polyloop(["run", "t.mjs", "--progress", "none"], { cwd: dir.path, stdin: "1\n" });
  expect(stderr).toBe('{ text: "it", list: [ "a" ], map: Map(1) { "k" => 1 } }\n');
});
