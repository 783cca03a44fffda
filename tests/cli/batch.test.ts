/** `--batch`: one call for several inputs, and all else as if each had gone alone. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { polyloop } from "./one_process.ts";
import { folder, RunningPolyloop } from "./polyloop.ts";
import { kept } from "./kept_outcomes.ts";
import { jsonLines as lines, read } from "./texts.ts";

const TASKS = `
import { appendFileSync, existsSync } from "node:fs";
/** Notes how many it was given. */
export function double(numbers: number[]) {
  appendFileSync("calls.txt", numbers.length + "\\n");
  return numbers.map((n) => n * 2);
}
export function unlucky(numbers: number[]) {
  if (numbers.includes(13)) throw new RangeError("unlucky");
  return numbers;
}
/** Fails at the first attempt. */
export function second(numbers: number[], { attempt }: { attempt: number }) {
  if (attempt === 1) throw new Error("not yet");
  return numbers;
}
export const short = (numbers: number[]) => numbers.slice(1);
export const one = (numbers: number[]) => numbers[0];
export const odd = (numbers: number[]) => numbers.map((n) => n === 2 ? 2n : n);
export async function stuck(numbers: number[]) {
  while (numbers[0] >= 500 && !existsSync("go")) await new Promise((resolve) => setTimeout(resolve, 20));
  appendFileSync("log.txt", numbers.join("\\n") + "\\n");
  return numbers;
}
`;
const home = (more: Record<string, string> = {}) => folder({ "t.ts": TASKS, ...more });
const count = (many: number) => Array.from({ length: many }, (_, n) => n);
const records = (text: string) => text.trimEnd().split("\n").map((line) => JSON.parse(line));

describe("--batch", () => {
  test("every call gets N inputs that follow one another, the last what is left, over any number of blocks", async () => {
    using dir = home();
    // A file: what comes by a pipe is not waited for.
    writeFileSync(join(dir.path, "in.jsonl"), lines(...count(50_003)));
    const args = ["run", "t.ts#double", "-A", "--batch", "1000", "-i", "in.jsonl"];
    const { code, stdout } = await polyloop(args, { cwd: dir.path });
    expect(code).toBe(0);
    expect(stdout).toBe(lines(...count(50_003).map((n) => n * 2)));
    const calls = read(dir.path, "calls.txt").trimEnd().split("\n").map(Number);
    expect(calls.filter((size) => size === 1000)).toHaveLength(50);
    expect(calls.filter((size) => size !== 1000)).toEqual([3]);
  });

  test("inputs that cannot be read fail alone, whether the call ends well or not", async () => {
    using dir = home();
    const args = ["run", "t.ts#unlucky", "--batch", "4", "--errors", "failed", "-j", "1"];
    const { code, stdout } = await polyloop(args, {
      stdin: "1\nx\n2\n3\n12\ny\n13\n14\n20\n",
      cwd: dir.path,
    });
    expect([code, stdout]).toEqual([1, "1\n2\n3\n20\n"]);
    expect(
      records(read(dir.path, "failed")).map((
        { index, line, input, error },
      ) => [index, line, input, error.name]),
    )
      .toEqual([
        [1, 2, "x", "TaskInputError"],
        [4, 5, 12, "RangeError"],
        [5, 6, "y", "TaskInputError"],
        [6, 7, 13, "RangeError"],
        [7, 8, 14, "RangeError"],
      ]);
  });

  test("a call that fails is tried again as a whole, and each input says how often", async () => {
    using dir = home();
    const args = ["run", "t.ts#second", "--batch", "2", "--retries", "1", "--backoff", "1ms", "--envelope"];
    const { code, stdout } = await polyloop([...args, "--unordered"], {
      stdin: lines(...count(5)),
      cwd: dir.path,
    });
    expect(code).toBe(0);
    const found = records(stdout).sort((one, other) => one.index - other.index);
    expect(found.map(({ index, value, attempts }) => [index, value, attempts])).toEqual(
      count(5).map((n) => [n, n, 2]),
    );
  });

  test("a result that cannot be written fails alone", async () => {
    using dir = home();
    const { code, stdout, stderr } = await polyloop(["run", "t.ts#odd", "--batch", "3"], {
      stdin: lines(1, 2, 3),
      cwd: dir.path,
    });
    expect([code, stdout]).toEqual([1, "1\n3\n"]);
    expect(stderr).toContain("line 2: TaskCloneError");
  });

  test.each([
    ["short", "A task with --batch must return one result per input: it got 3 inputs and returned 2 results"],
    ["one", "A task with --batch must return an array with one result per input, got number"],
  ])("what does not return as many results fails all of them (%s)", async (task, message) => {
    using dir = home();
    const { code, stdout, stderr } = await polyloop(["run", `t.ts#${task}`, "--batch", "3"], {
      stdin: lines(1, 2, 3),
      cwd: dir.path,
    });
    expect([code, stdout]).toEqual([1, ""]);
    for (const line of [1, 2, 3]) expect(stderr).toContain(`line ${line}: TypeError: ${message}`);
  });

  test("batches that are larger than what may be on its way still go", async () => {
    using dir = home();
    const long = "x".repeat(1024 * 1024);
    const stdin = lines(...Array(100).fill(long));
    const args = ["run", "-e", "(xs) => xs.map((x) => x.length)", "--batch", "90"];
    const { code, stdout } = await polyloop(args, { stdin, cwd: dir.path });
    expect(code).toBe(0);
    expect(stdout).toBe(`${long.length}\n`.repeat(100));
  });

  test.each(["0", "x", "1.5"])("%s is refused", async (batch) => {
    const { code, stderr } = await polyloop(["run", "-e", "x => x", "--batch", batch]);
    expect([code, stderr]).toEqual([
      2,
      `polyloop: --batch: expected a whole number of at least 1, got "${batch}"\n`,
    ]);
  });

  test("bench refuses it", async () => {
    using dir = home({ "polyloop.json": '{"batch": 5}' });
    const { code, stderr } = await polyloop(["bench", "t.ts#double"], { cwd: dir.path, stdin: "1\n" });
    expect(code).toBe(2);
    expect(stderr).toMatch(/\npolyloop: bench: a task that takes batches cannot be measured: .*\n$/);
  });

  test("after SIGKILL a journal goes on with the inputs that have not run, in new batches", async () => {
    using dir = home({ "in.jsonl": lines(...count(1000)) });
    const args = [
      "run",
      "t.ts#stuck",
      "-A",
      "--batch",
      "7",
      "-i",
      "in.jsonl",
      "-o",
      "out.jsonl",
      "--journal",
      "j",
    ];
    const run = new RunningPolyloop(args, { cwd: dir.path });
    await vi.waitFor(() => expect(kept(join(dir.path, "j"))).toBeGreaterThan(200), { timeout: 100_000 });
    run.signal("SIGKILL");
    await run.ended;
    writeFileSync(join(dir.path, "go"), "");
    // One in the middle is new, and one is gone.
    writeFileSync(
      join(dir.path, "in.jsonl"),
      lines(...count(1000).flatMap((n) => n === 40 ? [-1, n] : n === 60 ? [] : n)),
    );
    const { code, stderr } = await polyloop(["resume", "j"], { cwd: dir.path });
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/[2-5]\d\d done before/);
    expect(read(dir.path, "out.jsonl")).toBe(
      lines(...count(1000).flatMap((n) => n === 40 ? [-1, n] : n === 60 ? [] : n)),
    );
  });
});
