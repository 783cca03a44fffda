/** What may stand for MODULE: which exports are tasks, and what a module is called. */
import { describe, expect, test } from "vitest";
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isDeno } from "../program.ts";
import { polyloop } from "./one_process.ts";
import { folder, RunningPolyloop } from "./polyloop.ts";

/** Runs it as a user does who grants nothing. */
const run = (args: string[], cwd: string, stdin = "1\n2\n") =>
  polyloop(["run", ...args, "--progress", "none"], { cwd, stdin });

describe("exports that are no tasks", () => {
  const FILES = {
    "kinds.ts": `export class Client {}
export const twice = (n: number) => n * 2;
export const bound = twice.bind(null);
export const wrapped = new Proxy(twice, {});
export async function* gen(n: number) { yield n; yield n; }
export const parse = Number;
export const limit = 3;
export const later = Promise.resolve(twice);
export const nothing = null;
export function setup() {}
`,
    "classy.ts": "export default class Client {}\n",
    "object.ts": "export default { double: (n: number) => n * 2, name: 'x' };\n",
    "work.cjs": "exports.work = (n) => n * 2;\n",
  };
  const choices = "it has bound, gen, parse, twice, wrapped";

  test.each([
    ["kinds.ts#Client", `kinds.ts#Client is a class, not a function; ${choices}`],
    ["kinds.ts#limit", `kinds.ts#limit is a number, not a function; ${choices}`],
    ["kinds.ts#later", `kinds.ts#later is a promise, not a function: await it in the module; ${choices}`],
    ["kinds.ts#nothing", `kinds.ts#nothing is null, not a function; ${choices}`],
    [
      "kinds.ts#setup",
      `kinds.ts#setup is called by polyloop itself, and is not a task; ${choices}`,
    ],
    ["classy.ts", "the default export of classy.ts is a class, not a function"],
    [
      "object.ts",
      "the default export of object.ts is an object, not a function: export its functions (double) by their names",
    ],
    ["work.cjs", "work.cjs has no default export to run; name one of its functions: work.cjs#work"],
    ["work.cjs#nope", 'work.cjs exports no function "nope"; it has work'],
  ])("%s is refused by what it is", async (module, message) => {
    using dir = folder(FILES);
    expect(await run([module], dir.path)).toEqual({ code: 2, stdout: "", stderr: `polyloop: ${message}\n` });
  });

  test.each(["twice", "bound", "wrapped"])("a function is a task, however it was made: %s", async (name) => {
    using dir = folder(FILES);
    expect(await run([`kinds.ts#${name}`], dir.path)).toMatchObject({ code: 0, stdout: "2\n4\n" });
  });

  test("the default export of a module that was compiled to CommonJS is the function, not the object around it", async () => {
    using dir = folder({
      "t.cjs":
        'Object.defineProperty(exports, "__esModule", { value: true });\nexports.default = (n) => n * 2;\n',
    });
    for (const isolation of ["thread", "process"]) {
      expect(await run(["t.cjs", "--isolation", isolation], dir.path)).toMatchObject({
        code: 0,
        stdout: "2\n4\n",
      });
    }
  });

  test("of many exports, a message names only some", async () => {
    const names = Array.from({ length: 300 }, (_, n) => `f${n}`);
    using dir = folder({ "t.ts": names.map((name) => `export const ${name} = () => 1;\n`).join("") });
    const { code, stderr } = await run(["t.ts"], dir.path);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/: t\.ts#f0, .*, … and 288 more\n$/)]);
    expect((await run(["t.ts#g"], dir.path)).stderr).toMatch(/it has f0, .*, … and 288 more\n$/);
  });

  test("-e with a class is refused as one", async () => {
    using dir = folder();
    expect((await run(["-e", "class A {}"], dir.path)).stderr).toBe(
      "polyloop: -e: expected a function such as 'async (x) => …', got a class\n",
    );
  });
});

describe("the names of modules", () => {
  const DOUBLE = "export default (n: number) => n * 2;\nexport const triple = (n: number) => n * 3;\n";

  test.each([
    "x#y.ts",
    "pct%.ts",
    "p%20q.ts",
    "a b.ts",
    "é漢.ts",
    "que?y.ts",
    "a'b\"c.ts",
    "(x).ts",
    "a&b=c.ts",
  ])(
    "a file may be called %s, with and without an export",
    async (name) => {
      using dir = folder({ [name]: DOUBLE });
      expect(await run([name], dir.path)).toEqual({ code: 0, stdout: "2\n4\n", stderr: "" });
      expect(await run([`${name}#triple`], dir.path)).toEqual({ code: 0, stdout: "3\n6\n", stderr: "" });
      expect(await run([join(dir.path, name)], dir.path)).toMatchObject({ code: 0, stdout: "2\n4\n" });
    },
  );

  test("a folder may have a # in its name", async () => {
    using dir = folder({ "tasks.ts": DOUBLE });
    mkdirSync(join(dir.path, "c#"));
    renameSync(join(dir.path, "tasks.ts"), join(dir.path, "c#", "tasks.ts"));
    expect(await run(["c#/tasks.ts"], dir.path)).toMatchObject({ code: 0, stdout: "2\n4\n" });
    expect(await run(["c#/tasks.ts#triple"], dir.path)).toMatchObject({ code: 0, stdout: "3\n6\n" });
  });

  test("where there is a file by the part before the #, it is that file's export", async () => {
    using dir = folder({ "x": "", "tasks.ts": DOUBLE, "tasks.ts#triple": "export default () => 0;\n" });
    expect(await run(["tasks.ts#triple"], dir.path)).toMatchObject({ code: 0, stdout: "3\n6\n" });
  });

  test.each([
    ["x#y.ts", "Cannot load x: no such file, and there is no file x#y.ts"],
    ["tasks.ts#", 'expected MODULE or MODULE#EXPORT, got "tasks.ts#"'],
    ["data.json", "Cannot load data.json: it is a JSON file, which has no functions"],
    ["sub", "Cannot load sub: it is a folder"],
    ["tasks.ts/x.ts", "Cannot load tasks.ts/x.ts: a part of the path is not a folder"],
  ])("%s is refused: %s", async (module, message) => {
    using dir = folder({ "tasks.ts": DOUBLE, "data.json": "{}" });
    mkdirSync(join(dir.path, "sub"));
    expect(await run([module], dir.path)).toEqual({ code: 2, stdout: "", stderr: `polyloop: ${message}\n` });
  });

  test("what a linked module imports is found beside the file, not beside the link", async () => {
    using dir = folder({ "lib.ts": "export const factor = 100;\n" });
    mkdirSync(join(dir.path, "real"));
    writeFileSync(join(dir.path, "real", "lib.ts"), "export const factor = 2;\n");
    writeFileSync(
      join(dir.path, "real", "tasks.ts"),
      'import { factor } from "./lib.ts";\nexport default (n: number) => n * factor;\n',
    );
    symlinkSync(join("real", "tasks.ts"), join(dir.path, "link.ts"));
    symlinkSync("real", join(dir.path, "folder"));
    const url = pathToFileURL(join(dir.path, "link.ts")).href;
    for (const module of ["link.ts", "folder/tasks.ts", url]) {
      for (const isolation of ["thread", "process"]) {
        const ended = await run([module, "--isolation", isolation], dir.path);
        expect(ended).toEqual({ code: 0, stdout: "2\n4\n", stderr: "" });
      }
    }
  });

  test.each([
    ["a shebang line", "#!/usr/bin/env node\n", "\n"],
    ["a byte order mark", "\ufeff", "\n"],
    ["line ends of Windows", "// one\r\n", "\r\n"],
  ])("a module may have %s", async (_, before, end) => {
    using dir = folder({ "tasks.ts": `${before}export default (n: number) => n * 2;${end}` });
    expect(await run(["tasks.ts"], dir.path)).toEqual({ code: 0, stdout: "2\n4\n", stderr: "" });
  });

  test("a module that is not loaded after a while is named", async () => {
    using dir = folder({
      "tasks.ts": `import { existsSync } from "node:fs";
while (!existsSync("go")) await new Promise((resolve) => setTimeout(resolve, 50));
export default (n: number) => n;
`,
    });
    const child = new RunningPolyloop(["run", "tasks.ts", "-A"], { cwd: dir.path });
    child.stdin.end("1\n");
    await child.says(
      "polyloop: tasks.ts is still loading: an import, a top-level await or setup() has not ended\n",
    );
    writeFileSync(join(dir.path, "go"), "");
    expect(await child.ended).toMatchObject({ code: 0, stdout: "1\n" });
  });

  test.runIf(!isDeno)(
    "a module that package.json calls CommonJS, as npm init does, is told what helps",
    async () => {
      const source = "export default (n) => n;\n";
      using dir = folder({ "package.json": '{"type": "commonjs"}', "tasks.js": source, "tasks.cjs": source });
      const { code, stderr } = await run(["tasks.js"], dir.path);
      expect(code).toBe(2);
      expect(stderr).toContain(
        `SyntaxError: Unexpected token 'export': package.json makes it a CommonJS module: add "type": "module" there, or rename it to tasks.mjs`,
      );
      expect((await run(["tasks.cjs"], dir.path)).stderr).toContain(
        "it is an ES module: rename it to tasks.mjs",
      );
    },
  );
});
