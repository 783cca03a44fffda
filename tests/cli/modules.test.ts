/** What may stand for MODULE: which exports are tasks, and what a module is called. */
import { describe, expect, test } from "vitest";
import { folder, polyloop } from "./polyloop.ts";

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
    ["kinds.ts#Client", `kinds.ts#Client is a class, and only functions are tasks; ${choices}`],
    ["kinds.ts#limit", `kinds.ts#limit is a number, not a function; ${choices}`],
    ["kinds.ts#later", `kinds.ts#later is a promise, not a function: await it in the module; ${choices}`],
    ["kinds.ts#nothing", `kinds.ts#nothing is null, not a function; ${choices}`],
    [
      "kinds.ts#setup",
      `kinds.ts#setup is a function that polyloop calls itself, around the tasks; ${choices}`,
    ],
    ["classy.ts", "the default export of classy.ts is a class, and only functions are tasks"],
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

  test("-e with a class is refused as one", async () => {
    using dir = folder();
    expect((await run(["-e", "class A {}"], dir.path)).stderr).toBe(
      "polyloop: -e: expected a function such as 'async (x) => …', got a class\n",
    );
  });
});
