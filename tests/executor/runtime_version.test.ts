/** Which runtimes are new enough. The test of the package asks real old ones. */
import { afterEach, expect, test, vi } from "vitest";
import { tooOld } from "../../lib/wire/runtime_version.ts";

afterEach(() => void vi.unstubAllGlobals());

/** Takes the place of what this runs on. */
function pretend(runtime: { Deno?: string; Bun?: string; Node?: string }): void {
  vi.stubGlobal("Deno", runtime.Deno && { version: { deno: runtime.Deno } });
  vi.stubGlobal("Bun", runtime.Bun && { version: runtime.Bun });
  vi.stubGlobal("process", runtime.Node && { versions: { node: runtime.Node } });
}

test.each([
  [{ Node: "20.20.2" }, "polyloop needs Node 22.18 or newer, and this is Node 20.20.2"],
  [{ Node: "22.17.1" }, "polyloop needs Node 22.18 or newer, and this is Node 22.17.1"],
  [{ Node: "8.0.0" }, "polyloop needs Node 22.18 or newer, and this is Node 8.0.0"],
  [{ Deno: "2.8.3", Node: "24.0.0" }, "polyloop needs Deno 2.9 or newer, and this is Deno 2.8.3"],
  [{ Deno: "1.46.3" }, "polyloop needs Deno 2.9 or newer, and this is Deno 1.46.3"],
  [{ Bun: "1.3.14", Node: "24.3.0" }, "polyloop needs Bun 1.4 or newer, and this is Bun 1.3.14"],
])("%o is too old, and told so", (runtime, reason) => {
  pretend(runtime);
  expect(tooOld()).toBe(reason);
});

test.each([
  { Node: "22.18.0" },
  { Node: "24.0.0-rc.1" },
  { Node: "100.0.0" },
  { Deno: "2.9.0" },
  { Deno: "2.10.1+abc" },
  { Deno: "3.0.0" },
  { Bun: "1.4.0" },
  { Bun: "1.10.2" },
  {},
])("%o will do", (runtime) => {
  pretend(runtime);
  expect(tooOld()).toBeUndefined();
});
