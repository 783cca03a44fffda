/** The pages of the API, as `deno task docs` makes them. Only Deno can. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { expect, test } from "vitest";
import deno from "../../deno.json" with { type: "json" };
import { isDeno, startSync } from "../program.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** The files that a task of deno.json names. */
const filesOf = (task: string) => task.split(" ").filter((word) => word.endsWith(".ts"));

test("the pages and their lint are of every public entry", () => {
  const entries = Object.values(deno.exports).map((path) => path.replace("./", ""));
  expect(filesOf(deno.tasks.doclint).toSorted()).toEqual(entries.toSorted());
  // The command line exports nothing.
  expect(filesOf(deno.tasks.docs).toSorted()).toEqual(entries.filter((path) => path !== "cli.ts").toSorted());
});

test.skipIf(!isDeno)("deno task docs makes a page of each public name", () => {
  const folder = mkdtempSync(join(tmpdir(), "polyloop-docs-"));
  try {
    const args = deno.tasks.docs.replace("deno ", "").replace("dist/docs", folder).split(" ");
    const { status, stderr } = startSync(process.execPath, args, { cwd: ROOT });
    expect(status, stderr).toBe(0);
    const page = (name: string) => readFileSync(join(folder, "~", `${name}.html`), "utf8");
    expect(page("Executor")).toContain("await using executor = new Executor");
    expect(page("ExecutorOptions")).toContain("How many workers there may be");
    expect(page("WorkerLostError")).toContain("A worker ended while this task was on it");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
