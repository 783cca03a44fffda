/** Where an executor of processes may run, and what its processes have of their program. */
import { execFileSync } from "node:child_process";
import process from "node:process";
import { describe, expect, test, vi } from "vitest";
import { Executor } from "../../mod.ts";
import { inheritedEnvironment, inheritedNodeOptions } from "../../lib/backends/node_options.ts";

const NESTED = new URL("./fixtures/nested_processes.ts", import.meta.url);

describe("an executor of processes", () => {
  test.each(["thread", "process"] as const)("runs in a task of isolation %j", async (isolation) => {
    await using executor = new Executor<typeof import("./fixtures/nested_processes.ts")>(NESTED, {
      workers: 1,
      isolation,
    });
    expect(await executor.run("outer", 21)).toBe(42);
  });

  test.each(["thread", "process"] as const)(
    "in a task of isolation %j leaves no process behind when that worker is stopped",
    async (isolation) => {
      const executor = new Executor<typeof import("./fixtures/nested_processes.ts")>(NESTED, {
        workers: 1,
        isolation,
      });
      const pid = await new Promise<number>((resolve) => {
        executor.run("outerWithoutEnd", undefined, { onProgress: (value) => resolve(value as number) })
          .catch(() => {});
      });
      expect(isRunning(pid)).toBe(true);
      await executor.terminate();
      await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 60_000, interval: 100 });
    },
  );
});

test("a process inherits neither the program's debugger nor its other ways to be run", async () => {
  const options = vi.spyOn(process, "execArgv", "get").mockReturnValue(["--inspect-brk=0"]);
  vi.stubEnv("NODE_OPTIONS", "--inspect-wait=0 --stack-trace-limit=7");
  vi.stubEnv("WATCH_REPORT_DEPENDENCIES", "1");
  try {
    await using executor = new Executor(null, { workers: 1, isolation: "process" });
    const facts = () => {
      const { execArgv, env } = (globalThis as unknown as { process: typeof process }).process;
      return [
        execArgv.filter((option) => /inspect/.test(option)),
        env.NODE_OPTIONS,
        env.WATCH_REPORT_DEPENDENCIES,
      ];
    };
    expect(await executor.run(facts)).toEqual([[], "--stack-trace-limit=7", undefined]);
  } finally {
    vi.unstubAllEnvs();
    options.mockRestore();
  }
});

describe("of Node's options, a process inherits", () => {
  test.each<[string, string]>([
    ["--inspect --max-old-space-size=99", "--max-old-space-size=99"],
    ["--inspect=127.0.0.1:0 --inspect-brk --inspect-wait=1 --inspect_brk", ""],
    ["--inspect-port 9230 --enable-source-maps", "--enable-source-maps"],
    ["--debug-port=9230 --inspect-publish-uid http", ""],
    ["--watch --watch-path ./src --watch-preserve-output --watch-path=lib", ""],
    [
      "--require ./hook.js -r ./hook.js --import=./hook.js",
      "--require ./hook.js -r ./hook.js --import=./hook.js",
    ],
    ["-e 1 -p 2 --eval 3 --print=4 -pe 5 --input-type module", ""],
    ["--test --test-reporter=dot --experimental-test-coverage", ""],
    ["--snapshot-blob app.blob --build-snapshot", ""],
    ["--cpu-prof --cpu-prof-name=x --heap-prof-name y", "--cpu-prof"],
    ["--check -i --interactive --entry-url", ""],
    ["-C custom --conditions=more", "-C custom --conditions=more"],
  ])("of %j: %j", (given, kept) => {
    const words = (text: string) => text.split(" ").filter(Boolean);
    expect(inheritedNodeOptions(words(given))).toEqual(words(kept));
  });

  test("what NODE_OPTIONS has in quotes, as it stands", () => {
    const before = '--inspect --require "./a file.js" --title="x \\" y" --inspect-port 9229 --import ./b.js';
    expect(inheritedEnvironment({ NODE_OPTIONS: before, A: "1", BUN_INSPECT: "ws://x" })).toEqual({
      NODE_OPTIONS: '--require "./a file.js" --title="x \\" y" --import ./b.js',
      A: "1",
    });
  });
});

/** Whether a process goes on: one that has ended may stand in the system's list until it is asked for. */
function isRunning(pid: number): boolean {
  try {
    return !execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).startsWith("Z");
  } catch {
    return false;
  }
}
