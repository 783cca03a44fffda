import { expect, test } from "vitest";
import {
  inheritedEnvironment,
  inheritedNodeOptions,
  ownEnvironment,
} from "../../../lib/backends/node_options.ts";

test.each([
  ["--import x --no-warnings", "--import x --no-warnings"],
  ["--eval code --no-warnings", "--no-warnings"],
  ["--inspect=9229 -r x", "-r x"],
  ["--inspect_port 1 -r x", "-r x"],
  ["--watch --watch-path src -r x", "-r x"],
  ["--test --test-only -r x", "-r x"],
  ["--report-filename=a.json --max-old-space-size=100", "--max-old-space-size=100"],
])("of %s a worker has %s", (options, kept) => {
  expect(inheritedNodeOptions(options.split(" ")).join(" ")).toBe(kept);
});

test("an environment is inherited without debuggers, in NODE_OPTIONS too", () => {
  const kept = inheritedEnvironment({
    A: "1",
    B: undefined,
    BUN_INSPECT: "x",
    NODE_TEST_CONTEXT: "child",
    NODE_OPTIONS: '--inspect --import "a b.js" --eval code',
  });
  expect(kept).toEqual({ A: "1", NODE_OPTIONS: '--import "a b.js"' });
});

test("a worker's own environment still finds Deno's cache", () => {
  expect(ownEnvironment({ A: "1" }, { DENO_DIR: "/cache", B: "2" })).toEqual({ A: "1", DENO_DIR: "/cache" });
  expect(ownEnvironment({ DENO_DIR: "/own" }, { DENO_DIR: "/cache" })).toEqual({ DENO_DIR: "/own" });
});
