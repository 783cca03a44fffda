/** Help lists everything, fits the terminal, and a flag of another tool's is told what it is called here. */
import { describe, expect, test } from "vitest";
import { parseArgs } from "../../lib/cli/flags/args.ts";
import * as TEXTS from "../../lib/cli/flags/topics/mod.ts";
import { makeProgram } from "../../lib/cli/flags/program.ts";
import { wrapped } from "../../lib/cli/flags/wrapped.ts";
import { folder, polyloop, SHELL_COMMAND } from "./polyloop.ts";
import { hasTmux, Screen } from "./screen.ts";
import { messageFrom } from "./message_from.ts";

const PROGRAM = makeProgram(() => {}, () => {});
const COMMANDS = PROGRAM.commands.map((command) => command.name());

function helpOf(args: string[], columns: number): string {
  const command = parseArgs(args, { columns });
  if (command.kind !== "help") throw new Error(command.kind);
  return command.text;
}

describe("help", () => {
  test.each(COMMANDS)("of %s lists every flag that it takes, on a line of its own", (name) => {
    const help = helpOf([name, "--help"], 80);
    for (const { long, short } of PROGRAM.commands.find((command) => command.name() === name)!.options) {
      expect(help).toMatch(new RegExp(`^  ${short ? `${short}, ` : ""}${long}( |$)`, "m"));
    }
  });

  test.each([40, 60, 80, 100, 132])("is no wider than %i columns", (columns) => {
    const helps = [[], ["--help"], ...COMMANDS.map((name) => [name, "--help"])]
      .map((args) => helpOf(args, columns));
    const topics = Object.values(TEXTS).map((text) => wrapped(text, columns));
    for (const line of [...helps, ...topics].flatMap((text) => text.split("\n"))) {
      const words = line.trim().split(" ");
      // A word that is longer than the line is nothing that could be wrapped.
      if (words.length > 1) expect(line.length, line).toBeLessThanOrEqual(columns);
    }
  });

  test("has one line for each flag of run in 80 columns", () => {
    const lines = helpOf(["run", "--help"], 80).split("\n");
    expect(lines.filter((line) => /^ {20,}\S/.test(line))).toEqual([]);
    expect(lines.length).toBeLessThanOrEqual(85);
  });

  test("wraps no word away, and leaves what fits as it is", () => {
    for (const [name, text] of Object.entries(TEXTS)) {
      expect(wrapped(text, 100), name).toBe(text);
      for (const columns of [20, 40, 80]) {
        expect(wrapped(text, columns).split(/\s+/), name).toEqual(text.split(/\s+/));
      }
    }
  });

  test("wraps a paragraph as a whole, a description beside its name, and code further in", () => {
    const text =
      "one two three four\nfive six seven\n\n  --flag  what it does and\n          why\n\n  run a b c d e\n";
    expect(wrapped(text, 20)).toBe(
      "one two three four\nfive six seven\n\n  --flag\n      what it does\n      and why\n\n  run a b c d e\n",
    );
    expect(wrapped("aa bb cc dd ee ff gg hh\nii", 22)).toBe("aa bb cc dd ee ff gg\nhh ii");
    expect(wrapped("  polyloop run tasks.ts -i in", 22)).toBe("  polyloop run\n      tasks.ts -i in");
  });

  test("goes to a pipe in 80 columns", async () => {
    for (const args of [["--help"], ["run", "--help"], ["help", "machines"]]) {
      const { stdout } = await polyloop(args);
      for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  test.skipIf(!hasTmux)("is as wide as the terminal", async () => {
    using dir = folder();
    using screen = new Screen(`${SHELL_COMMAND} help exit-codes; echo end`, {
      cwd: dir.path,
      columns: 50,
      rows: 40,
    });
    const shown = await screen.shows(/end\n/);
    // Where the terminal wraps, a line begins in its first column in the middle of something.
    expect(shown).toContain(
      "\n    4   incomplete: some inputs have not run, or\n        results or a report could not be written;\n",
    );
  });
});

describe("a flag of another tool's", () => {
  test.each<[args: string[], message: RegExp]>([
    [
      ["run", "t.ts", "--parallel", "4"],
      /^unknown option '--parallel': -j N sets the number of workers, -c N the/,
    ],
    [["run", "t.ts", "--jobs=4"], /^unknown option '--jobs=?4?'?.*: -j N sets the number of workers/],
    [
      ["run", "t.ts", "-n", "5"],
      /^unknown option '-n': the option is called --batch <N> \(call the task with arrays/,
    ],
    [["run", "t.ts", "-n5"], /^unknown option '-n5?': the option is called --batch <N>/],
    [
      ["run", "-P", "4", "t.ts"],
      /-P applies the permissions of a config and takes no number. -j N sets the number/,
    ],
    [["run", "t.ts", "--threads", "2"], /-j N sets the number of workers/],
    [["run", "t.ts", "--quiet"], /^unknown option '--quiet': --progress none shows nothing$/],
    [["run", "t.ts", "--null"], /--from nul reads what find -print0 writes/],
    [["run", "t.ts", "--keep-order"], /results keep the order of the inputs/],
    [["run", "t.ts", "--fail-fast"], /--halt 1 stops at the first failure/],
    [["run", "t.ts", "--delimiter", ";"], /the option is called --separator <C>/],
    [["run", "t.ts", "--out", "x"], /the option is called -o, --output <FILE>/],
    [["bench", "t.ts", "--max-time", "1s"], /the option is called --timeout <TIME>/],
    [["resume", "j", "--jobs", "2"], /-j N sets the number of workers/],
    [["-j", "4", "run", "t.ts"], /^unknown option '-j': it is an option of a command: polyloop run -j …$/],
    [["-e", "x => x"], /it is an option of a command: polyloop run -e …/],
  ])("%j is told what it is called here", (args, message) => {
    expect(messageFrom(() => parseArgs(args))).toMatch(message);
  });

  test("one that is no tool's is unknown, and one of ours misspelt gets the nearest", () => {
    const messageOf = (args: string[]) => messageFrom(() => parseArgs(args));
    expect(messageOf(["run", "t.ts", "--frobnicate"])).toBe("unknown option '--frobnicate'");
    // Flags that the help used to hide.
    for (
      const [wrong, right] of [["--memroy", "--memory"], ["--redis-cq", "--redis-ca"], ["--grase", "--grace"]]
    ) {
      expect(messageOf(["run", "t.ts", wrong, "1"])).toBe(
        `unknown option '${wrong}' (Did you mean ${right}?)`,
      );
    }
    expect(messageOf(["status", "j", "--jobs", "2"])).toBe("unknown option '--jobs'");
  });
});
