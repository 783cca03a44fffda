/** How vitest runs the tests of what users get: on Deno alone, which builds it. */
import { defineConfig } from "vitest/config";
import base from "../../vitest.config.ts";

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    projects: undefined,
    globalSetup: "tests/bundle.ts",
    include: ["tests/package/**/*.test.ts"],
  },
});
