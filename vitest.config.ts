/** How vitest runs the tests, on Deno and on Node alike. */
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
  "executor/loss",
  "executor/rate",
  "cli/times",
];

/** Starts the files of {@link LONGEST} before all others. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((name) => moduleId.endsWith(`/tests/${name}.test.ts`));
      return at === -1 ? LONGEST.length : at;
    };
    return (await super.sort(files)).sort((one, other) => place(one) - place(other));
  }
}

export default defineConfig({
  resolve: {
    // Vite cannot resolve `npm:name@version`, which Deno takes as it is: leave the bare name for node_modules.
    alias: [{ find: /^npm:((?:@[^/]+\/)?[^@/]+)(?:@[^/]+)?/, replacement: "$1" }],
  },
  // Functions sent to a worker as source must read as written, with no helper of an older target.
  oxc: { target: "esnext" },
  test: {
    include: ["tests/**/*.test.ts"],
    // They build what they test: `deno task test:package`.
    exclude: ["tests/package/**"],
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
