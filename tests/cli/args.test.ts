/** argv → Command. */
import { describe, expect, test } from "vitest";
import { parseArgs } from "../../lib/cli/flags/args.ts";
import { textOn } from "../../lib/cli/flags/topic_text.ts";
import { TOPICS } from "../../lib/cli/flags/help_topics.ts";
import { messageFrom } from "./message_from.ts";

const usageError = (args: string[]) => messageFrom(() => parseArgs(args));

describe("parseArgs()", () => {
  test("run takes a module and fills in the defaults", () => {
    expect(parseArgs(["run", "tasks.ts#work"])).toEqual({
      kind: "run",
      flags: { module: "tasks.ts#work" },
      options: {
        module: "tasks.ts#work",
        retries: 0,
        tag: false,
        allowAll: false,
        allow: {},
        input: ["-"],
        output: "-",
        from: "jsonl",
        to: "jsonl",
        revisit: false,
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
      "--errors bad.jsonl --timeout 30s --grace 250ms --retries 3 --backoff 1s..5m --progress plain --dry-run " +
      "--journal j --halt 10% --deadline 2h -A";
    expect(parseArgs(args.split(" "))).toEqual({
      kind: "run",
      flags: expect.objectContaining({ workers: "4", dryRun: true }),
      options: {
        module: "t.ts",
        workers: 4,
        concurrency: 64,
        isolation: "none",
        input: ["in"],
        output: "out",
        from: "lines",
        to: "lines",
        revisit: false,
        unordered: true,
        envelope: true,
        errors: "bad.jsonl",
        timeout: 30_000,
        grace: 250,
        retries: 3,
        tag: false,
        allowAll: true,
        allow: {},
        backoff: { from: 1_000, to: 300_000 },
        progress: "plain",
        dryRun: true,
        journal: "j",
        halt: { limit: 10, percent: true },
        deadline: 7_200_000,
      },
    });
  });

  test("resume takes a journal and what replaces the run's own flags", () => {
    expect(parseArgs("resume j -i in --retry-failed -c 2 --accept-changed-module".split(" "))).toEqual({
      kind: "resume",
      options: {
        journal: "j",
        overrides: { input: ["in"], concurrency: "2" },
        retryFailed: true,
        acceptChangedModule: true,
        forget: false,
        repair: false,
      },
    });
    expect(parseArgs(["status", "j", "--json"])).toEqual({ kind: "status", journal: "j", json: true });
    expect(usageError(["resume"])).toContain("missing required argument");
  });

  test("--allow-… takes a list after = and nowhere else", () => {
    const args = "run --allow-net t.ts --allow-read=/data,/more".split(" ");
    expect(parseArgs(args)).toMatchObject({
      options: { module: "t.ts", allow: { net: true, read: ["/data", "/more"] } },
    });
    expect(usageError(["run", "t.ts", "--allow-env="])).toContain("--allow-env: expected a list");
  });

  test("run takes a function instead of a module", () => {
    expect(parseArgs(["run", "-e", "x => x"])).toMatchObject({ kind: "run", options: { eval: "x => x" } });
  });

  test("run may leave the module to a config", () => {
    expect(parseArgs(["run", "--config", "c.json"])).toMatchObject({ options: { config: "c.json" } });
    expect(parseArgs(["run", "--no-config"])).toMatchObject({ options: { config: false } });
    expect(usageError(["run", "--config"])).toContain("argument missing");
  });

  test("a module may come after the options", () => {
    expect(parseArgs(["run", "-c", "2", "t.ts"])).toMatchObject({ kind: "run", options: { module: "t.ts" } });
  });

  test("no arguments at all give help that was not asked for", () => {
    expect(parseArgs([])).toMatchObject({ kind: "help", asked: false });
  });

  test.each([[["--help"]], [["-h"]], [["help"]], [["run", "--help"]], [["help", "run"]]])(
    "%j gives help with an example",
    (args) => {
      const command = parseArgs(args);
      if (command.kind !== "help") throw new Error(command.kind);
      expect(command.asked).toBe(true);
      expect(command.text).toMatch(/Examples?:\n {2}\S*.*polyloop run/);
      for (const line of command.text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    },
  );

  test("help on anything else is looked up as a topic", () => {
    expect(parseArgs(["help", "journal"])).toEqual({ kind: "topic", topic: "journal" });
    expect(usageError(["help", "a", "b"])).not.toBe("");
  });

  test("every topic has a text that fits a screen, and an unknown one is told the nearest", async () => {
    for (const topic of Object.keys(TOPICS)) {
      const lines = (await textOn(topic)).split("\n");
      expect(lines.length).toBeLessThanOrEqual(46);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
    }
    await expect(textOn("exit-code")).rejects.toThrow('no topic "exit-code" (did you mean "exit-codes"?)');
  });

  test("--version is a command of its own", () => {
    expect(parseArgs(["--version"])).toEqual({ kind: "version" });
  });

  test("an unknown option is a usage error on one line that names the nearest", () => {
    expect(usageError(["run", "t.ts", "--timout", "3s"])).toBe(
      "unknown option '--timout' (Did you mean --timeout?)",
    );
  });

  test("a flag that is no permission is told which there are", () => {
    for (const flag of ["--allow-nte", "--deny-net"]) {
      const message =
        `unknown option '${flag}'. There are --allow-read, --allow-write, --allow-net, --allow-env, ` +
        "--allow-run, --allow-ffi, --allow-sys, --allow-import and -A; what they do not grant is denied";
      expect(usageError(["run", "t.ts", `${flag}=x`])).toBe(message);
      expect(usageError(["resume", "j", flag])).toBe(message);
    }
    expect(usageError(["status", "j", "--allow-net"])).toBe("unknown option '--allow-net'");
    expect(usageError(["run", "t.ts", "--allow-net", "host"])).toContain("--allow-net=HOST");
  });

  test.each(["--nice", "--deny-net"])(
    "%s of a later version is an unknown option",
    (option) => expect(usageError(["run", "t.ts", option, "1"])).toContain(`unknown option '${option}'`),
  );

  test.each([
    [["rum"], "unknown command 'rum'"],
    [["run", "a.ts", "b.ts"], "too many arguments"],
    [["run", "a.ts", "-e", "x => x"], "not both"],
    [["run", "a.ts", "-j"], "argument missing"],
  ])("%j is a usage error: %s", (args, message) => {
    expect(usageError(args)).toContain(message);
    expect(usageError(args)).not.toContain("\n");
  });
});
