/** `env`, `argv`, `execArgv` and `resourceLimits`: what each isolation of this runtime can set, and that the rest is refused. */
import process from "node:process";
import { describe, expect, test, vi } from "vitest";
import { Executor, type ExecutorOptions, WorkerLostError } from "../../mod.ts";
import { isDeno } from "../program.ts";

type Facts = { env: Record<string, string | undefined>; argv: string[]; execArgv: string[] };

const facts = () => {
  const { env, argv, execArgv } = (globalThis as unknown as { process: Facts }).process;
  return { env: { ...env }, argv: argv.slice(2), execArgv };
};

const hoard = () => {
  for (const all: number[][] = [];;) all.push(new Array(100_000).fill(all.length));
};

/** Where workers can have settings of their own. */
const PLACES: ExecutorOptions["isolation"][] = isDeno ? ["process"] : ["thread", "process"];

describe.each(PLACES)('isolation "%s"', (isolation) => {
  test("has the environment and the arguments that were given, and no others", async () => {
    vi.stubEnv("POLYLOOP_TEST_SECRET", "of the program");
    try {
      await using executor = new Executor(null, {
        workers: 1,
        isolation,
        env: { PORT: "3000", LEFT_OUT: undefined, NODE_OPTIONS: "--inspect-brk=0 --stack-trace-limit=7" },
        argv: ["--verbose", "a b"],
        execArgv: isDeno ? ["--v8-flags=--expose-gc"] : ["--no-warnings"],
      });
      const { env, argv, execArgv } = await executor.run(facts);
      expect(argv).toEqual(["--verbose", "a b"]);
      expect([env.PORT, env.POLYLOOP_TEST_SECRET, "LEFT_OUT" in env]).toEqual(["3000", undefined, false]);
      if (!isDeno) expect(execArgv).toEqual(["--no-warnings"]);
      if (isDeno) {
        expect(await executor.run(() => typeof (globalThis as { gc?: unknown }).gc)).toBe("function");
      }
      expect(env.NODE_OPTIONS).toBe("--stack-trace-limit=7");
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test("that needs more memory than resourceLimits is lost, and its successor runs on", async () => {
    await using executor = new Executor(null, {
      workers: 1,
      isolation,
      resourceLimits: { maxOldGenerationSizeMb: 40, maxYoungGenerationSizeMb: 12 },
    });
    const error = await executor.run(hoard).catch((error) => error);
    expect(error).toBeInstanceOf(WorkerLostError);
    expect(error.message).toMatch(/ran out of memory/);
    expect(await executor.run((n: number) => n, 1)).toBe(1);
  });
});

describe("refused, with what to do:", () => {
  // deno-lint-ignore no-explicit-any -- wrong on purpose
  type Wrong = any;
  test.each<[Wrong, string]>([
    [{ env: {}, isolation: "none" }, 'env cannot be set with isolation "none"'],
    [
      { resourceLimits: { stackSizeMb: 1 }, isolation: "process" },
      "resourceLimits.stackSizeMb cannot be set for processes",
    ],
    [{ env: { A: 1 }, isolation: "process" }, "env.A must be a string, got 1"],
    [{ env: ["A=1"], isolation: "process" }, "env must be an object, got an Array"],
    [{ argv: "-v", isolation: "process" }, 'argv must be an array of strings, got "-v"'],
    [{ execArgv: [1], isolation: "process" }, "execArgv must be an array of strings, got an Array"],
    [{ resourceLimits: 64, isolation: "process" }, "resourceLimits must be an object, got 64"],
    [
      { resourceLimits: { maxOldGenerationSizeMb: 0 }, isolation: "process" },
      "resourceLimits.maxOldGenerationSizeMb must be greater than 0, got 0",
    ],
    [
      { resourceLimits: { maxHeapMb: 64 }, isolation: "process" },
      "resourceLimits.maxHeapMb is no option: there are maxOldGenerationSizeMb",
    ],
    ...(isDeno
      ? [
        [
          { argv: [], resourceLimits: {} },
          'argv, resourceLimits cannot be set for threads of Deno: use isolation "process"',
        ],
        [
          { execArgv: ["-A"], isolation: "process", permissions: "none" },
          "execArgv must not contain -A if permissions is set",
        ],
      ] as [Wrong, string][]
      : []),
  ])("%j", (options, message) => {
    expect(() => new Executor(null, options)).toThrow(message);
  });
});

test("without settings, a process has the program's environment", async () => {
  vi.stubEnv("POLYLOOP_TEST", "inherited");
  try {
    await using executor = new Executor(null, { workers: 1, isolation: "process" });
    const { env, argv } = await executor.run(facts);
    expect([env.POLYLOOP_TEST, env.PATH, argv]).toEqual(["inherited", process.env.PATH, []]);
  } finally {
    vi.unstubAllEnvs();
  }
});
