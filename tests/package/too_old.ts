/** What a Node that is too old says, by the command and by the library. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { polyloop } from "../cli/polyloop.ts";
import { start } from "../program.ts";
import { installed } from "./artefacts.ts";
import { TOO_OLD } from "./columns.ts";

const WORDS = /^polyloop needs Node 22\.18 or newer, and this is Node 20\.\d+\.\d+\n$/;

/** Defines the cases. */
export function tooOldCases(): void {
  const column = TOO_OLD;
  if (!column) return test.skip("cannot be had");

  test.each([["--version"], ["run", "-e", "x => x"], ["--nonsense"]])("polyloop %s", async (...args) => {
    expect(await polyloop(args, { command: column.command, stdin: "1\n" })).toEqual({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(WORDS),
    });
  });

  test.each([
    ["", "new Executor(null)"],
    ["/distributed", 'new DistributedExecutor("./tasks.js", { redis: "redis://127.0.0.1:1" })'],
  ])("the library%s", async (entry, expression) => {
    const file = join(installed!.folder, `too_old${entry.replace("/", "_")}.mjs`);
    writeFileSync(
      file,
      `import * as library from "@polyloop/polyloop${entry}";
const { ${expression.split(/[ (]/)[1]} } = library;
try { ${expression}; } catch (error) { console.error(error.message); }
`,
    );
    const { err } = await start(column.command[0], [file]);
    expect(err).toMatch(WORDS);
  });
}
