/** `-e SOURCE`: what it may import, from where, and which places errors name. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isDeno } from "../program.ts";
import { polyloop } from "./one_process.ts";
import { folder, type StartOptions } from "./polyloop.ts";

const FILES = {
  "lib.ts": "export const double = (n: number): number => n * 2;\n",
  "work.cjs": "exports.triple = (n) => n * 3;\n",
  "data.json": '{ "one": 1 }',
};

const run = (args: string[], options: StartOptions) =>
  polyloop(["run", ...args, "--progress", "none"], { stdin: "1\n2\n", ...options });

describe("-e imports from the folder that it was started in", () => {
  test.each([
    ["a relative path", 'async (n: number) => (await import("./lib.ts")).double(n)', "2\n4\n"],
    ["a template without a hole", "async n => (await import(`./lib.ts`)).double(n)", "2\n4\n"],
    ["a path with dots", 'async n => (await import("././../{}/lib.ts")).double(n)', "2\n4\n"],
    ["a CommonJS module", 'async n => (await import("./work.cjs")).triple(n)', "3\n6\n"],
    [
      "JSON",
      'async n => (await import("./data.json", { with: { type: "json" } })).default.one + n',
      "2\n3\n",
    ],
    ["a built-in module", 'async n => (await import("node:path")).basename("/a/b") + n', '"b1"\n"b2"\n'],
    [
      "nothing, where it is a text",
      'n => `import("./lib.ts")${n}`',
      '"import(\\"./lib.ts\\")1"\n"import(\\"./lib.ts\\")2"\n',
    ],
  ])("%s", async (_, source, stdout) => {
    using dir = folder(FILES);
    const named = source.replace("{}", dir.path.split("/").at(-1)!);
    for (const isolation of ["thread", "process"]) {
      const ended = await run(["-e", named, "--isolation", isolation], { cwd: dir.path });
      expect(ended).toEqual({ code: 0, stdout, stderr: "" });
    }
  });

  test("in the main thread, too", async () => {
    using dir = folder(FILES);
    const args = ["-A", "--isolation", "none", "-e", 'async n => (await import("./lib.ts")).double(n)'];
    expect(await run(args, { cwd: dir.path })).toMatchObject({ code: 0, stdout: "2\n4\n" });
  });

  test("a name that is only known when it runs, with --allow-read", async () => {
    using dir = folder(FILES);
    const source = 'async n => { const name = "lib"; return (await import(`./${name}.ts`)).double(n); }';
    const args = ["-A", "-e", source];
    expect(await run(args, { cwd: dir.path })).toMatchObject({ code: 0, stdout: "2\n4\n" });
  });

  test("a file beside it by import.meta.url", async () => {
    using dir = folder(FILES);
    const source = 'n => new URL("./data.json", import.meta.url).pathname.split("/").at(-1) + n';
    expect(await run(["-e", source], { cwd: dir.path })).toMatchObject({
      stdout: '"data.json1"\n"data.json2"\n',
    });
  });

  test("from a folder whose name needs to be encoded", async () => {
    using dir = folder(FILES);
    const { mkdirSync, renameSync } = await import("node:fs");
    const odd = join(dir.path, "a #b %20?é");
    mkdirSync(odd);
    renameSync(join(dir.path, "lib.ts"), join(odd, "lib.ts"));
    const args = ["-e", 'async n => (await import("./lib.ts")).double(n)'];
    expect(await run(args, { cwd: odd })).toMatchObject({ code: 0, stdout: "2\n4\n" });
  });
});

test("errors name the column that the user wrote, also behind an import", async () => {
  using dir = folder(FILES);
  const source = 'async n => { await import("./lib.ts"); throw new Error("here") }';
  const { stderr } = await run(["-e", source], { cwd: dir.path });
  expect(stderr).toContain(`line 1: Error: here  (-e:1:${source.indexOf("new Error") + 1})\n`);
});

test("-e with require() is told what to write instead", async () => {
  using dir = folder(FILES);
  const { stderr } = await run(["-e", 'n => require("./work.cjs").triple(n)'], { cwd: dir.path });
  expect(stderr).toContain(
    'line 1: ReferenceError: require is not defined: use import: (await import("./file.cjs")).name  (-e:1:',
  );
});

test("a journal sees that what -e imports has changed", async () => {
  using dir = folder(FILES);
  const source =
    'async n => { if (n === 2) throw new Error("no"); return (await import("./lib.ts")).double(n) }';
  const first = await polyloop(["run", "-e", source, "--journal", "j", "-o", "out"], {
    cwd: dir.path,
    stdin: "1\n2\n",
  });
  expect(first.code).toBe(1);
  writeFileSync(join(dir.path, "in"), "1\n2\n");
  const again = () => polyloop(["resume", "j", "-i", "in"], { cwd: dir.path });
  expect((await again()).code).toBe(1);
  writeFileSync(join(dir.path, "lib.ts"), "export const double = (n: number): number => n * 200;\n");
  expect(await again()).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("-e, or what it imports, has changed"),
  });
  expect(readFileSync(join(dir.path, "out"), "utf8")).toBe("2\n");
});

test.skipIf(isDeno)("-e finds packages from the folder (Node)", async () => {
  using dir = folder();
  const { mkdirSync } = await import("node:fs");
  const home = join(dir.path, "node_modules", "esm-only");
  mkdirSync(home, { recursive: true });
  writeFileSync(
    join(home, "package.json"),
    '{ "name": "esm-only", "type": "module", "exports": { ".": { "import": "./main.js" } } }',
  );
  writeFileSync(join(home, "main.js"), "export const square = (n) => n * n;\n");
  const args = ["-e", 'async n => (await import("esm-only")).square(n)'];
  expect(await run(args, { cwd: dir.path })).toMatchObject({ code: 0, stdout: "1\n4\n" });
});
