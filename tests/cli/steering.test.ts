/** The flags that steer a run, with the real tool. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folder, polyloop, RunningPolyloop } from "./polyloop.ts";

const TASKS = `
export const echo = (x: unknown) => x;
export const failOnce = (x: unknown, { attempt }: { attempt: number }) => {
  if (attempt === 1) throw new Error("once");
  return x;
};
`;

const range = (count: number) => Array.from({ length: count }, (_, index) => `${index}\n`).join("");

describe("--rate", () => {
  test("spaces the starts of all workers, those of retries among them", async () => {
    using home = folder({ "tasks.ts": TASKS, "in.jsonl": range(10) });
    const begun = performance.now();
    const args = ["run", "tasks.ts#failOnce", "-i", "in.jsonl", "-j", "2", "--rate", "50/s"];
    const { code, stdout } = await polyloop([...args, "--retries", "1", "--backoff", "1ms"], {
      cwd: home.path,
    });
    // Twenty starts: nineteen times 20 ms.
    expect(performance.now() - begun).toBeGreaterThanOrEqual(380);
    expect({ code, stdout }).toEqual({ code: 0, stdout: range(10) });
  });

  test.each<[how: string, args: string[], code: number]>([
    ["--deadline", ["--deadline", "500ms"], 124],
    ["--halt", ["-e", "x => { throw new Error(x) }", "--halt", "1"], 3],
  ])("%s ends a run whose next start is an hour away", async (_, args, code) => {
    using home = folder({ "in.jsonl": range(10), "tasks.ts": TASKS });
    const task = args[0] === "-e" ? [] : ["tasks.ts#echo"];
    const ended = await polyloop(["run", ...task, ...args, "-i", "in.jsonl", "--rate", "1/h"], {
      cwd: home.path,
    });
    expect(ended.code).toBe(code);
  });

  test("SIGINT ends a run whose next start is an hour away; resume goes on at another rate", async () => {
    using home = folder({ "in.jsonl": range(10), "tasks.ts": TASKS });
    const args = ["run", "tasks.ts#echo", "-i", "in.jsonl", "-o", "out", "--unordered", "--rate", "1/h"];
    const child = new RunningPolyloop([...args, "--journal", "j", "--progress", "plain"], { cwd: home.path });
    await child.says("1 input in");
    child.signal("SIGINT");
    expect(await child.ended).toMatchObject({ code: 130, stderr: expect.stringContaining("9 not run") });
    const resumed = await polyloop(["resume", "j", "--rate", "1000/s"], { cwd: home.path });
    expect(resumed.code).toBe(0);
    expect(readFileSync(join(home.path, "out"), "utf8")).toBe(range(10));
  });

  test("stands in a config, and a dry run does not wait for it", async () => {
    using home = folder({ "tasks.ts": TASKS, "polyloop.json": '{"rate": "1/h"}', "in.jsonl": range(3) });
    const { code, stderr } = await polyloop(["run", "tasks.ts#echo", "-i", "in.jsonl", "--dry-run"], {
      cwd: home.path,
    });
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("3 inputs") });
  });

  test("that is none is one line", async () => {
    const { code, stderr } = await polyloop(["run", "-e", "x => x", "--rate", "fast"]);
    expect(code).toBe(2);
    expect(stderr).toBe(
      'polyloop: --rate: expected starts per time such as 100/s, 10/m or 500/h, got "fast"\n',
    );
  });
});
