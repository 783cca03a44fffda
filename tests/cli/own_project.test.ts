/** A module's own deno.json, import map, lock file and node_modules, where polyloop is started from its checkout. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isDeno } from "../program.ts";
import { AS_A_USER, folder, polyloop, ROOT } from "./polyloop.ts";

/** A package that is in Deno's cache, because one of ours needs it, and that our deno.json does not name. */
const PACKAGE = "ms@2.1.3";

const MS = `import ms from "npm:${PACKAGE}";\nexport default (n: number) => ms(n * 1000);\n`;

const run = (args: string[], cwd: string) =>
  polyloop(["run", ...args, "--progress", "none"], { cwd, stdin: "1\n2\n", command: AS_A_USER });

/** Writes a package into the node_modules of a folder. */
function addPackage(folder: string, name: string, source: string): void {
  const home = join(folder, "node_modules", name);
  mkdirSync(home, { recursive: true });
  writeFileSync(
    join(home, "package.json"),
    JSON.stringify({ name, version: "1.0.0", type: "module", main: "main.js" }),
  );
  writeFileSync(join(home, "main.js"), source);
}

const SQUARE = "export const square = (n) => n * n;\n";
const SQUARES = 'import { square } from "squares";\nexport default (n: number) => square(n);\n';

describe("a module's own project counts", () => {
  test("node_modules beside it, with a package.json", async () => {
    using dir = folder({ "package.json": '{ "type": "module" }', "tasks.ts": SQUARES });
    addPackage(dir.path, "squares", SQUARE);
    expect(await run(["tasks.ts"], dir.path)).toEqual({ code: 0, stdout: "1\n4\n", stderr: "" });
  });

  test("node_modules and package.json in a folder above, from another folder", async () => {
    using dir = folder({ "package.json": '{ "type": "module" }' });
    addPackage(dir.path, "squares", SQUARE);
    mkdirSync(join(dir.path, "src"));
    writeFileSync(join(dir.path, "src", "tasks.ts"), SQUARES);
    const module = join(dir.path, "src", "tasks.ts");
    expect(await run([module], ROOT)).toEqual({ code: 0, stdout: "1\n4\n", stderr: "" });
  });

  test("packages that -e imports are those of the folder", async () => {
    using dir = folder({ "package.json": '{ "type": "module" }' });
    addPackage(dir.path, "squares", SQUARE);
    const args = ["-e", 'async (n) => (await import("squares")).square(n)'];
    expect(await run(args, dir.path)).toEqual({ code: 0, stdout: "1\n4\n", stderr: "" });
  });

  describe.skipIf(!isDeno)("on Deno", () => {
    const FILES = {
      "deno.json": JSON.stringify({ imports: { "two": "./lib.ts", "ms": `npm:${PACKAGE}` } }),
      "lib.ts": "export const two = 2;\n",
      "tasks.ts": 'import { two } from "two";\nexport default (n: number) => n * two;\n',
      "time.ts": MS.replace(`npm:${PACKAGE}`, "ms"),
      "loose.ts": 'import "./time.ts";\nexport { default } from "./tasks.ts";\n',
    };

    test("its import map, in threads that nobody asked for and in processes", async () => {
      using dir = folder(FILES);
      for (const args of [["tasks.ts"], ["tasks.ts", "--isolation", "process"], ["loose.ts"]]) {
        expect(await run(args, dir.path)).toEqual({ code: 0, stdout: "2\n4\n", stderr: "" });
      }
      const args = ["-e", 'async (n) => n * (await import("two")).two'];
      expect(await run(args, dir.path)).toEqual({ code: 0, stdout: "2\n4\n", stderr: "" });
    });

    test("its packages go into its own lock file, and none of them into ours", async () => {
      using dir = folder(FILES);
      const lock = readFileSync(join(ROOT, "deno.lock"), "utf8");
      expect(await run(["time.ts"], dir.path)).toEqual({ code: 0, stdout: '"1s"\n"2s"\n', stderr: "" });
      expect(readFileSync(join(dir.path, "deno.lock"), "utf8")).toContain(`npm:${PACKAGE}`);
      expect(readFileSync(join(ROOT, "deno.lock"), "utf8")).toBe(lock);
    });

    test("a module without a project writes nothing anywhere", async () => {
      const computed = `async (n) => (await import("npm:" + "${PACKAGE}")).default(n)`;
      using dir = folder({
        "tasks.ts": MS,
        "computed.js": `export default ${computed};`,
      });
      const lock = readFileSync(join(ROOT, "deno.lock"), "utf8");
      for (
        const args of [
          ["tasks.ts"],
          [`npm:${PACKAGE}`],
          ["-e", `async (n) => (await import("npm:${PACKAGE}")).default(n)`],
          ["computed.js"],
          ["-e", computed],
        ]
      ) {
        expect((await run(args, dir.path)).code).toBe(0);
      }
      expect(readFileSync(join(ROOT, "deno.lock"), "utf8")).toBe(lock);
      expect(existsSync(join(ROOT, "node_modules", "ms"))).toBe(false);
      expect(existsSync(join(dir.path, "deno.lock"))).toBe(false);
    });

    test("its JSX options", async () => {
      using dir = folder({
        "deno.json": '{ "compilerOptions": { "jsx": "react", "jsxFactory": "make" } }',
        "tasks.tsx": "const make = (tag: string) => `<${tag}>`;\nexport default (n: number) => <b>{n}</b>;\n",
      });
      expect(await run(["tasks.tsx"], dir.path)).toEqual({ code: 0, stdout: '"<b>"\n"<b>"\n', stderr: "" });
    });

    test.each(["thread", "none"])("--isolation %s cannot have it, and says so", async (isolation) => {
      using dir = folder(FILES);
      expect(await run(["tasks.ts", "-A", "--isolation", isolation], dir.path)).toEqual({
        code: 2,
        stdout: "",
        stderr:
          `polyloop: --isolation ${isolation}: tasks.ts needs its own project because of two, which only ` +
          "processes can have. Leave out --isolation\n",
      });
    });

    test("a computed import() may be of a file: a thread that was asked for can have it", async () => {
      using dir = folder({
        "tasks.ts":
          'export default async (n: number) => n * (await import("data:text/javascript," + "export default 2")).default;\n',
      });
      for (const isolation of ["thread", "none"]) {
        const args = ["tasks.ts", "-A", "--isolation", isolation];
        expect(await run(args, dir.path)).toEqual({ code: 0, stdout: "2\n4\n", stderr: "" });
      }
    });

    test("--dry-run shows that its tasks run in processes, and why", async () => {
      using dir = folder(FILES);
      const { stderr } = await run(["tasks.ts", "--dry-run"], dir.path);
      expect(stderr).toMatch(/^ +isolation +process +the module needs its own project: two$/m);
    });

    test("a package that is named in a comment, or for its types alone, needs none", async () => {
      using dir = folder({
        "tasks.ts": '// import { z } from "zod";\nimport type { Z } from "zod";\nimport "./lib.ts";\n' +
          "export default (n: Z) => n;\n",
        "lib.ts": 'export const text = \'import "zod"\';\nexport type { Z } from "zod";\n',
      });
      const args = ["tasks.ts", "-A", "--isolation", "none"];
      expect(await run(args, dir.path)).toEqual({ code: 0, stdout: "1\n2\n", stderr: "" });
    });

    test("a package that no project names is said, with what helps", async () => {
      using dir = folder({ "tasks.ts": SQUARES });
      expect((await run(["tasks.ts"], dir.path)).stderr).toBe(
        'polyloop: Cannot load tasks.ts: Import "squares" not a dependency: add it to the module\'s deno.json: ' +
          "deno add npm:squares  (tasks.ts:1:24)\n",
      );
    });
  });
});
