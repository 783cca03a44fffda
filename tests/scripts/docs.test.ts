/** What deno.json, deno.dev.json and the pages say of this project; `deno task docs` is for Deno alone. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import deno from "../../deno.json" with { type: "json" };
import dev from "../../deno.dev.json" with { type: "json" };
import { isDeno, startSync } from "../program.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The files that a task of deno.json names. */
const filesOf = (task: string) => task.split(" ").filter((word) => word.endsWith(".ts"));

test("the pages and their lint are of every public entry", () => {
  const entries = Object.values(deno.exports).map((path) => path.replace("./", ""));
  for (const task of [deno.tasks.doclint, deno.tasks.docs, deno.tasks.slowtypes]) {
    expect(filesOf(task).toSorted()).toEqual(entries.toSorted());
  }
});

test("deno.json and deno.lock name no package of deno.dev.json, so the command line installs none of them", () => {
  const lock = readFileSync(join(ROOT, "deno.lock"), "utf8");
  const packages = Object.values(dev.imports).filter((target) => target.startsWith("npm:"));
  expect(packages).toContain(dev.imports.vitest);
  // Of any version: `deno run npm:vitest` under deno.json would add one, and binaries would contain it.
  const nameOf = (target: string) => target.replace(/@[^@/]+$/, "");
  expect(packages.filter((target) => lock.includes(`"${nameOf(target)}@`))).toEqual([]);
  expect(Object.keys(deno)).not.toContain("imports");
});

test("deno.dev.json checks and runs as deno.json does", () => {
  for (const key of ["unstable", "allowScripts", "compilerOptions", "exclude"] as const) {
    expect(dev[key]).toEqual(deno[key]);
  }
  const own = Object.entries(dev.imports).filter(([name]) => name.startsWith(deno.name));
  const exported = Object.fromEntries(own.map(([name, path]) => [name.replace(deno.name, "."), path]));
  expect(exported).toEqual(deno.exports);
});

test.skipIf(!isDeno)("deno task docs makes a page of each public name", () => {
  const folder = mkdtempSync(join(tmpdir(), "polyloop-docs-"));
  try {
    const args = deno.tasks.docs.replace("deno ", "").replace("dist/docs", folder).split(" ");
    const { status, stderr } = startSync(process.execPath, args, { cwd: ROOT });
    expect(status, stderr).toBe(0);
    const page = (name: string) => readFileSync(join(folder, "~", `${name}.html`), "utf8");
    // Not `toContain`, which would print a whole page.
    expect(page("Executor").includes("await using executor = new Executor")).toBe(true);
    expect(page("ExecutorOptions").includes("property_onstuckthread")).toBe(true);
    expect(page("WorkerLostError").includes("property_exitcode")).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** The pages of this project. */
const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "lib/README.md",
  "lib/DECISIONS.md",
  "lib/executor/README.md",
  "lib/distributed/README.md",
  "scripts/bench/README.md",
  "tests/examples/recipes/README.md",
  "tests/examples/deploy/README.md",
  "tests/examples/coming_from/README.md",
];

/** Names that stand for a file of the user's. */
const OF_USERS = ["tasks.ts", "worker.ts", "polyloop.json", "package.json", "deno.json"];

/** Folders that tasks make. */
const MADE = ["npm/", "dist/"];

test.each(PAGES)("%s links only to what is there", (page) => {
  const text = readFileSync(join(ROOT, page), "utf8").replaceAll(/^```[^]*?^```$/gm, "");
  const links = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link]) => link);
  const dead = links.filter((link) => {
    const [path, heading] = link.split("#");
    const file = path === "" ? join(ROOT, page) : join(ROOT, dirname(page), path);
    if (!existsSync(file)) return true;
    if (heading === undefined) return false;
    const headings = [...readFileSync(file, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, text]) =>
      text.toLowerCase().replaceAll(/[^\w -]/g, "").replaceAll(" ", "-")
    );
    return !headings.includes(heading);
  });
  expect(dead).toEqual([]);
});

test.each([
  "CONTRIBUTING.md",
  "lib/README.md",
  "lib/DECISIONS.md",
  "lib/distributed/README.md",
])("%s names only files and folders that are there", (page) => {
  const text = readFileSync(join(ROOT, page), "utf8").replaceAll(/^```[^]*?^```$/gm, "");
  const names = [...text.matchAll(/`(?:\.\.\/)?((?:[\w.-]+\/)*[\w.-]+\.(?:ts|json|svg)|(?:[\w-]+\/)+)`/g)]
    .map(([, name]) => name);
  // The rooms of these folders are named without them.
  const places = ["", "lib", "lib/cli", "lib/executor", "lib/distributed", dirname(page)];
  const missing = names.filter((name) =>
    ![...OF_USERS, ...MADE].includes(name) && !places.some((place) => existsSync(join(ROOT, place, name)))
  );
  expect(names.length).toBeGreaterThan(5);
  expect(missing).toEqual([]);
});
