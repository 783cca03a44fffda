/** How vitest runs the tests, on Deno and on Node alike. */
import { defineConfig } from "vitest/config";

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
    // Each file starts workers of its own, so more files at once than this would measure each other.
    maxWorkers: 2,
    // Limits for what hangs: a busy machine is no reason to fail.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
