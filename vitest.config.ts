/** How vitest runs the tests, on Deno and on Node alike. */
import { readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * The files that take longest, in the order in which they start. By itself vitest starts large files first, and without its
 * cache a small file that takes a minute would start last, and run alone in the end.
 */
const LONGEST = [
  "scripts/bench",
  "distributed/deaths",
  "executor/timeouts",
  "distributed/command",
  "distributed/refusing_broker",
  "cli/telemetry",
  "cli/run",
  "cli/journal",
  "distributed/connections",
  "executor/retry",
  "executor/chaos",
  "cli/signals",
  "cli/report_page",
  "cli/steering",
  "cli/journal_file",
  "executor/loss",
  "executor/rate",
  "executor/replace",
  "distributed/executor",
  "cli/times",
  "distributed/losses",
];

/** Starts the files of {@link LONGEST} before all others, and one after another those that share processes, last. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId, project }: TestSpecification) => {
      if (project.name === "sharing") return LONGEST.length + 1;
      const at = LONGEST.findIndex((name) => moduleId.endsWith(`/tests/${name}.test.ts`));
      return at === -1 ? LONGEST.length : at;
    };
    return (await super.sort(files)).sort((one, other) => place(one) - place(other));
  }
}

/** Folders of tests of parts without state in their modules. */
const PARTS = ["unit/backends", "unit/distributed", "unit/executor", "unit/wire", "unit/worker", "wire"];

/**
 * The files of these folders that may share a process: most take less time than a process and vitest in it need to start. By `vi` a
 * test replaces the clock or modules, which modules of the files before it would have in hand already.
 */
const SHARING = PARTS.flatMap((folder) => testsIn(`tests/${folder}`)).filter((file) =>
  !/\bvi\b/.test(readFileSync(file, "utf8"))
);

/** Folders of tests that start the command line. Those of `tests/package` build what they test: `deno task test:package`. */
const COMMAND = ["cli", "distributed", "examples", "scripts"];

function testsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".test.ts")
  ).map((name) => `${folder}/${name}`);
}

export default defineConfig({
  resolve: {
    // Vite cannot resolve `npm:name@version`, which Deno takes as it is: leave the bare name for node_modules.
    alias: [{ find: /^npm:((?:@[^/]+\/)?[^@/]+)(?:@[^/]+)?/, replacement: "$1" }],
  },
  // Functions sent to a worker as source must read as written, with no helper of an older target.
  oxc: { target: "esnext" },
  test: {
    projects: [
      { extends: true, test: { name: "sharing", include: SHARING, isolate: false } },
      {
        extends: true,
        test: {
          name: "library",
          include: ["tests/{executor,unit,wire,worker}/**/*.test.ts"],
          exclude: SHARING,
        },
      },
      {
        extends: true,
        test: {
          name: "command",
          include: COMMAND.map((folder) => `tests/${folder}/**/*.test.ts`),
          globalSetup: "tests/bundle.ts",
        },
      },
    ],
    // The other pools run in worker threads, where Deno's own Worker is not to be had.
    pool: "forks",
    // More than most machines that test this have cores: a third of the time is waiting for locks, timers and limits. Each
    // file starts workers of its own, so that many more files at once would only wait for one another.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // Limits for what hangs: a busy machine is no reason to fail.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
