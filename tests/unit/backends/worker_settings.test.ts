import { expect, test } from "vitest";
import { memoryFlags, refuseUnsettable } from "../../../lib/backends/worker_settings.ts";

const place = {
  isolation: "process",
  isDeno: true,
  isNode: false,
  isCompiled: false,
  isRestricted: false,
} as const;

test("limits of memory become options of V8", () => {
  expect(memoryFlags({})).toEqual([]);
  expect(memoryFlags({ maxOldGenerationSizeMb: 99.5, maxYoungGenerationSizeMb: 2 })).toEqual([
    "--max-old-space-size=100",
    "--max-semi-space-size=1",
  ]);
});

test("settings that are left out are never refused", () => {
  expect(() => refuseUnsettable({ env: undefined }, { ...place, isolation: "none" })).not.toThrow();
});

test.each([
  ["isolation none", { env: {} }, { ...place, isolation: "none" as const }, "env cannot be set"],
  ["threads of Deno", { argv: [] }, { ...place, isolation: "thread" as const }, "threads of Deno"],
  ["a stack of a process", { resourceLimits: { stackSizeMb: 1 } }, place, "resourceLimits.stackSizeMb"],
  ["options of a compiled program", { execArgv: [] }, { ...place, isCompiled: true }, "compiled program"],
  [
    "grants beside permissions",
    { execArgv: ["--allow-net"] },
    { ...place, isRestricted: true },
    "--allow-net",
  ],
])("%s: refused, and named", (_, settings, where, words) => {
  expect(() => refuseUnsettable(settings, where)).toThrow(words);
});
