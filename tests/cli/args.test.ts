/** argv → Command. */
import { describe, expect, test } from "vitest";
import { parseArgs } from "../../lib/cli/args.ts";

const usageError = (args: string[]) => {
  const command = parseArgs(args);
  return command.kind === "usageError" ? command.message : `no usage error but ${command.kind}`;
};

describe("parseArgs()", () => {
  test("run takes a module and fills in the defaults", () => {
    expect(parseArgs(["run", "tasks.ts#work"])).toEqual({
      kind: "run",
      options: {
        module: "tasks.ts#work",
        isolation: "thread",
        retries: 0,
        input: "-",
        output: "-",
        from: "jsonl",
        to: "jsonl",
        unordered: false,
        envelope: false,
        progress: "auto",
        dryRun: false,
      },
    });
  });

  test("run takes every option, short and long", () => {
    const args =
      "run t.ts -j 4 -c 64 --isolation none -i in -o out --from lines --to lines --unordered --envelope " +
      "--errors bad.jsonl --timeout 30s --grace 250ms --retries 3 --backoff 1s..5m --progress plain --dry-run";
    expect(parseArgs(args.split(" "))).toEqual({
      kind: "run",
      options: {
        module: "t.ts",
        workers: 4,
        concurrency: 64,
        isolation: "none",
        input: "in",
        output: "out",
        from: "lines",
        to: "lines",
        unordered: true,
        envelope: true,
        errors: "bad.jsonl",
        timeout: 30_000,
        grace: 250,
        retries: 3,
        backoff: { from: 1_000, to: 300_000 },
        progress: "plain",
        dryRun: true,
      },
    });
  });

  test("run takes a function instead of a module", () => {
    expect(parseArgs(["run", "-e", "x => x"])).toMatchObject({ kind: "run", options: { eval: "x => x" } });
  });

  test("a module may come after the options", () => {
    expect(parseArgs(["run", "-c", "2", "t.ts"])).toMatchObject({ kind: "run", options: { module: "t.ts" } });
  });

  test("no arguments at all give help that was not asked for", () => {
    expect(parseArgs([])).toMatchObject({ kind: "help", asked: false });
  });

  test.each([[["--help"]], [["-h"]], [["help"]], [["run", "--help"]], [["help", "run"]]])(
    "%j gives help with an example that fits a screen",
    (args) => {
      const command = parseArgs(args);
      if (command.kind !== "help") throw new Error(command.kind);
      expect(command.asked).toBe(true);
      expect(command.text).toMatch(/Examples?:\n {2}\S*.*polyloop run/);
      expect(command.text.split("\n").length).toBeLessThan(50);
      for (const line of command.text.split("\n")) expect(line.length).toBeLessThanOrEqual(110);
    },
  );

  test("--version is a command of its own", () => {
    expect(parseArgs(["--version"])).toEqual({ kind: "version" });
  });

  test("an unknown option is a usage error on one line that names the nearest", () => {
    expect(usageError(["run", "t.ts", "--timout", "3s"])).toBe(
      "unknown option '--timout' (Did you mean --timeout?)",
    );
  });

  test.each(["--rate", "--journal", "--halt", "--report", "--config", "-A"])(
    "%s of a later version is an unknown option",
    (option) => expect(usageError(["run", "t.ts", option, "1"])).toContain(`unknown option '${option}'`),
  );

  test.each([
    [["rum"], "unknown command 'rum'"],
    [["run"], "name a MODULE"],
    [["run", "a.ts", "b.ts"], "too many arguments"],
    [["run", "a.ts", "-e", "x => x"], "not both"],
    [["run", "a.ts", "-j"], "argument missing"],
  ])("%j is a usage error: %s", (args, message) => {
    expect(usageError(args)).toContain(message);
    expect(usageError(args)).not.toContain("\n");
  });
});
