/** `--schema`: what a module says of its inputs holds before its task runs. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { Executor } from "../../lib/executor/executor.ts";
import { TaskInputError } from "../../lib/errors.ts";
import { polyloop } from "./one_process.ts";
import { folder, ROOT } from "./polyloop.ts";
import { jsonLines as lines } from "./texts.ts";

const ZOD = pathToFileURL(join(ROOT, "node_modules/zod/index.js")).href;

/** One made by a library, one by hand that takes its time, and what is none. */
const TASKS = `
import { appendFileSync } from "node:fs";
import { z } from "${ZOD}";
export const input = z.object({
  id: z.coerce.number().int(),
  tags: z.array(z.string()).default([]),
  "e mail": z.object({ to: z.email() }).optional(),
});
export const later = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: async (value) => typeof value === "number" ? { value: value * 10 } : { issues: [{ message: "no number" }] },
  },
};
export const none = { parse() {} };
export default (given) => {
  appendFileSync("log.txt", "ran\\n");
  return given;
};
export const many = (given) => given.map((one) => ({ n: given.length, one }));
export const generate = function* (given) { yield given; yield given; };
`;
const home = (more: Record<string, string> = {}) => folder({ "t.ts": TASKS, ...more });

describe("--schema", () => {
  test("the task gets what the schema gives; what does not fit fails with its path, once, and without the task", async () => {
    using dir = home();
    const stdin = lines({ id: "7" }, { id: 1.5, tags: ["a", 2] }, { id: 1, "e mail": { to: "x" } }, 5);
    const args = ["run", "t.ts", "-A", "--schema", "--retries", "2", "--errors", "failed"];
    const { code, stdout, stderr } = await polyloop(args, { stdin, cwd: dir.path });
    expect([code, stdout]).toEqual([1, '{"id":7,"tags":[]}\n']);
    expect(stderr).toContain(
      "line 2: TaskInputError: The input does not fit the schema: id: Invalid input: expected int, received number; " +
        "tags[1]: Invalid input: expected string, received number\n",
    );
    expect(stderr).toContain('The input does not fit the schema: ["e mail"].to: Invalid email address\n');
    expect(stderr).toContain(
      "The input does not fit the schema: (input): Invalid input: expected object, received number\n",
    );
    const failed = readFileSync(join(dir.path, "failed"), "utf8").trimEnd().split("\n").map((line) =>
      JSON.parse(line)
    );
    expect(failed.map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
    expect(readFileSync(join(dir.path, "log.txt"), "utf8")).toBe("ran\n");
  });

  test("another export by =, also one that answers later, and for a generator", async () => {
    using dir = home();
    const run = (task: string) =>
      polyloop(["run", "-A", "--schema=later", task], { stdin: '1\n"x"\n', cwd: dir.path });
    const { code, stdout, stderr } = await run("t.ts");
    expect([code, stdout]).toEqual([1, "10\n"]);
    expect(stderr).toContain(
      "line 2: TaskInputError: The input does not fit the schema: (input): no number\n",
    );
    expect((await run("t.ts#generate")).stdout).toBe("10\n10\n");
  });

  test("of a batch, those that do not fit fail alone", async () => {
    using dir = home();
    const args = ["run", "t.ts#many", "--schema=later", "--batch", "3"];
    const { code, stdout, stderr } = await polyloop(args, { stdin: '1\n"x"\n2\n3\n', cwd: dir.path });
    expect(code).toBe(1);
    expect(stdout).toBe('{"n":2,"one":10}\n{"n":2,"one":20}\n{"n":1,"one":30}\n');
    expect(stderr).toContain("line 2: TaskInputError");
  });

  test("rows of CSV become what they stand for", async () => {
    using dir = home();
    const args = ["run", "t.ts", "-A", "--schema", "--from", "csv", "--to", "csv"];
    const { stdout } = await polyloop(args, { stdin: "id\n007\n8\n", cwd: dir.path });
    expect(stdout).toBe("id,tags\n7,[]\n8,[]\n");
  });

  test("--dry-run checks every input by it, and runs nothing", async () => {
    using dir = home();
    const { code, stderr } = await polyloop(["run", "t.ts", "--schema", "--dry-run"], {
      stdin: lines({ id: 1 }, { id: "x" }),
      cwd: dir.path,
    });
    expect(code).toBe(2);
    expect(stderr).toContain("line 2: TaskInputError: The input does not fit the schema: id: Invalid input");
    expect(existsSync(join(dir.path, "log.txt"))).toBe(false);
  });

  test("a config and a journal know it", async () => {
    using dir = home({ "polyloop.json": '{"schema": true, "input": "in"}', in: lines({ id: "1" }, {}) });
    const run = await polyloop(["run", "t.ts", "-A", "--journal", "j"], { cwd: dir.path, stdin: null });
    expect([run.code, run.stdout]).toEqual([1, '{"id":1,"tags":[]}\n']);
    const again = await polyloop(["resume", "j", "--retry-failed"], { cwd: dir.path });
    expect([again.code, again.stdout]).toEqual([1, '{"id":1,"tags":[]}\n']);
    expect(again.stderr).toContain("line 2: TaskInputError: The input does not fit the schema: id: ");
  });

  test.each([
    [["t.ts", "--schema=gone"], '--schema: t.ts exports no "gone" to check inputs by'],
    [
      ["t.ts", "--schema=none"],
      '--schema: t.ts exports "none", which is no Standard Schema (an object with "~standard", as zod makes it)',
    ],
    [["-e", "x => x", "--schema"], '--schema: -e exports no "input" to check inputs by'],
    [["t.ts", "--schema="], '--schema: expected the name of an export, or no value for "input", got ""'],
  ])("%j ends the run before it begins", async (args, message) => {
    using dir = home();
    const { code, stdout, stderr } = await polyloop(["run", ...args], { stdin: "1\n", cwd: dir.path });
    expect([code, stdout, stderr]).toEqual([2, "", `polyloop: ${message}\n`]);
  });
});

test.each(["thread", "process", "none"] as const)(
  "an executor's schema checks what its tasks get (%s)",
  async (isolation) => {
    using dir = home();
    await using executor = new Executor(pathToFileURL(join(dir.path, "t.ts")).href, {
      isolation,
      workers: 1,
      schema: "later",
    });
    expect(await executor.run("generate", 4)).toEqual([40, 40]);
    const failure = executor.run("generate", "x");
    await expect(failure).rejects.toThrow(TaskInputError);
    await expect(failure).rejects.toThrow("The input does not fit the schema: (input): no number");
  },
);
