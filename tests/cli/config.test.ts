/** Options from a file: `--config` and `polyloop.json`. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { wordsOf } from "../../lib/cli/flags/table.ts";
import { isDeno } from "../program.ts";
import { polyloop } from "./one_process.ts";
import { folder } from "./polyloop.ts";

const TASK = `export const double = (x: number) => x * 2;
export const same = (x: unknown) => x;
export const where = (_: unknown, { workerId }: { workerId: number }) => workerId;
`;

describe("polyloop.json", () => {
  test("beside the module holds for a run, and its paths start from its own folder", async () => {
    using dir = folder();
    mkdirSync(join(dir.path, "work"));
    writeFileSync(join(dir.path, "work/tasks.ts"), TASK);
    writeFileSync(join(dir.path, "work/in.txt"), "1\n2\n");
    writeFileSync(
      join(dir.path, "work/polyloop.json"),
      '{"$schema": "x", "input": "in.txt", "output": "out.txt", "from": "jsonl", "workers": 1, "envelope": true}',
    );
    const { code, stdout } = await polyloop(["run", "work/tasks.ts#double"], { cwd: dir.path, stdin: null });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    const lines = readFileSync(join(dir.path, "work/out.txt"), "utf8").trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).value)).toEqual([2, 4]);
  });

  test("a flag wins over the config, and the config over the default", async () => {
    using dir = folder({
      "tasks.ts": TASK,
      "polyloop.json": '{"from": "lines", "to": "jsonl", "module": "tasks.ts#same"}',
    });
    const byConfig = await polyloop(["run"], { cwd: dir.path, stdin: "4\n" });
    expect(byConfig).toMatchObject({ code: 0, stdout: '"4"\n' });
    const byFlag = await polyloop(["run", "--from", "jsonl"], { cwd: dir.path, stdin: "4\n" });
    expect(byFlag).toMatchObject({ code: 0, stdout: "4\n" });
    const byArgument = await polyloop(["run", "-e", "x => x + x", "--config", "polyloop.json"], {
      cwd: dir.path,
      stdin: "4\n",
    });
    expect(byArgument).toMatchObject({ code: 0, stdout: '"44"\n' });
  });

  test("--no-config leaves it out, --config takes another", async () => {
    using dir = folder({
      "tasks.ts": TASK,
      "polyloop.json": '{"to": "nonsense"}',
      "other.json": '{"module": "tasks.ts#double", "envelope": true}',
    });
    const without = await polyloop(["run", "tasks.ts#double", "--no-config"], {
      cwd: dir.path,
      stdin: "1\n",
    });
    expect(without).toMatchObject({ code: 0, stdout: "2\n" });
    const other = await polyloop(["run", "--config", "other.json"], { cwd: dir.path, stdin: "1\n" });
    expect(JSON.parse(other.stdout)).toMatchObject({ ok: true, value: 2 });
    const none = await polyloop(["run", "--no-config"], { cwd: dir.path });
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("name a MODULE") });
  });

  test.runIf(isDeno)("grants permissions, of paths beside it", async () => {
    using dir = folder();
    mkdirSync(join(dir.path, "work/data"), { recursive: true });
    writeFileSync(join(dir.path, "work/data/a.txt"), "inside");
    writeFileSync(join(dir.path, "work/b.txt"), "outside");
    writeFileSync(
      join(dir.path, "work/tasks.ts"),
      `export const read = (path: string) => Deno.readTextFile(new URL(path, import.meta.url));`,
    );
    writeFileSync(join(dir.path, "work/polyloop.json"), '{"allowRead": ["data"], "allowNet": false}');
    const { code, stdout, stderr } = await polyloop(
      ["run", "work/tasks.ts#read", "--from", "lines", "--to", "lines", "-P"],
      { cwd: dir.path, stdin: "data/a.txt\nb.txt\n" },
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: "inside\n" });
    expect(stderr).toContain("--allow-read");
  });

  test("a journal keeps what was effective, so resume needs no config", async () => {
    using dir = folder({
      "tasks.ts": TASK,
      "in.jsonl": "1\n2\n",
      "polyloop.json":
        '{"module": "tasks.ts#double", "input": "in.jsonl", "journal": "j", "concurrency": 3, "envelope": true}',
    });
    expect(await polyloop(["run", "-j", "1"], { cwd: dir.path, stdin: null })).toMatchObject({ code: 0 });
    const db = new DatabaseSync(join(dir.path, "j"));
    const kept = JSON.parse(db.prepare("SELECT options FROM run").get()!.options as string);
    db.close();
    expect(kept).toMatchObject({
      concurrency: "3",
      workers: "1",
      envelope: true,
      module: join(dir.path, "tasks.ts#double"),
      input: join(dir.path, "in.jsonl"),
    });
    rmSync(join(dir.path, "polyloop.json"));
    writeFileSync(join(dir.path, "in.jsonl"), "1\n2\n3\n");
    const resumed = await polyloop(["resume", "j"], { cwd: dir.path });
    const values = resumed.stdout.trim().split("\n").map((line) => JSON.parse(line).value);
    expect(values).toEqual([2, 4, 6]);
  });

  test.each([
    ["{", "polyloop.json: not valid JSON: "],
    ["[1]", "polyloop.json: expected an object"],
    ['{"concurency": 3}', 'polyloop.json: unknown key "concurency" (did you mean "concurrency"?)'],
    ['{"zzz": 3}', 'polyloop.json: unknown key "zzz"\n'],
    ['{"config": "x"}', 'polyloop.json: unknown key "config"'],
    ['{"workers": 0}', "polyloop.json: workers: expected a whole number of at least 1, got 0"],
    ['{"workers": {}}', "polyloop.json: workers: expected a whole number of at least 1, got {}"],
    ['{"timeout": "30"}', "polyloop.json: timeout: expected a duration such as 250ms"],
    ['{"isolation": "proces"}', "polyloop.json: isolation: expected thread or process or none"],
    ['{"unordered": "yes"}', 'polyloop.json: unordered: expected true or false, got "yes"'],
    ['{"allowNet": ["a", 5]}', "polyloop.json: allowNet[1]: expected a text without a comma, got 5"],
    ['{"allowNet": {}}', "polyloop.json: allowNet: expected true, false or a list"],
    ['{"allowNets": true}', 'polyloop.json: unknown key "allowNets" (did you mean "allowNet"?)'],
    ['{"module": []}', "polyloop.json: module: expected a module"],
    ['{"eval": "x => x", "module": "tasks.ts"}', "give a MODULE or -e, not both"],
  ])("%s is refused in one line, and nothing runs", async (config, message) => {
    using dir = folder({
      "tasks.ts": `import { writeFileSync } from "node:fs"; export default () => writeFileSync("ran", "");`,
      "polyloop.json": config,
    });
    const args = config.includes("module") ? ["run"] : ["run", "tasks.ts"];
    const { code, stdout, stderr } = await polyloop(args, { cwd: dir.path, stdin: "1\n" });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.startsWith("polyloop: ")).toBe(true);
    expect(stderr).toContain(message);
    expect(stderr.trim()).not.toContain("\n");
    expect(existsSync(join(dir.path, "ran"))).toBe(false);
  });

  test.each([
    [["--config", "gone.json"], "--config: cannot read gone.json: no such file"],
    [["--config", "."], "--config: cannot read .: it is a folder"],
    [["--config", ""], "--config: expected a file"],
  ])("%j is refused in one line", async (args, message) => {
    using dir = folder({ "tasks.ts": TASK });
    const { code, stderr } = await polyloop(["run", "tasks.ts#double", ...args], { cwd: dir.path });
    expect({ code, stderr: stderr.trim().split("\n") }).toEqual({ code: 2, stderr: [expect.any(String)] });
    expect(stderr).toContain(message);
  });
});

test("an export that is not there is told the nearest that is", async () => {
  using dir = folder({ "tasks.ts": TASK });
  const { code, stderr } = await polyloop(["run", "tasks.ts#duble"], { cwd: dir.path });
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr:
      'polyloop: tasks.ts exports no function "duble" (did you mean "double"?); it has double, same, where\n',
  });
});

test("wordsOf() has the words of an option that takes words, and none of another", () => {
  expect(wordsOf("isolation")).toEqual(["thread", "process", "none"]);
  expect(wordsOf("progress")).toContain("auto");
  expect(wordsOf("timeout")).toEqual([]);
  expect(wordsOf("allow")).toEqual([]);
});
