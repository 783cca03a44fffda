/** Generator tasks: each value that is yielded is a line of its own, and none drops the input. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { polyloop } from "./one_process.ts";
import { folder, RunningPolyloop } from "./polyloop.ts";
import { jsonLines as lines, read } from "./texts.ts";

const TASKS = `
import { existsSync } from "node:fs";
import process from "node:process";
const until = async (file) => { while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 10)); };
/** n values: 0 … n − 1. A negative number is no generator. */
export function up(n) {
  return n < 0 ? n : counting(n);
}
function* counting(n) { for (let i = 0; i < n; i++) yield { n, i }; }
export async function* later(n) {
  for (let i = 0; i < n; i++) {
    await new Promise((resolve) => setTimeout(resolve, (4 - n) * 5));
    yield i;
  }
}
/** Async iterables that are no generators. */
export const stream = (n) => ReadableStream.from(counting(n));
export const pages = (n) => ({ async *[Symbol.asyncIterator]() { yield* counting(n); } });
export async function* even(n) { if (n % 2 === 0) yield n; }
export function* texts(n) {
  if (n === 0) return "\\n";
  for (const text of ["a", "", "\\nb\\n\\nc", "\\n", "d\\u001e"].slice(0, n)) yield text;
}
export const text = (n) => n === 0 ? "\\nalone" : n === 1 ? "" : "\\n";
export function* columns(keys) { for (const key of keys) yield { [key]: key }; }
/** Fails after two values, up to the second attempt. */
export function* flaky(n, { attempt }) {
  yield n + "/" + attempt;
  yield n + "/" + attempt;
  if (n === 2 && attempt < 2) throw new RangeError("not yet");
}
export async function* gated(n) {
  yield n + " begins";
  if (n === 1) await until("go");
  yield n + " ends";
}
/** The first attempt ends its process. */
export async function* dying(n, { attempt }) {
  yield n + "/" + attempt;
  if (n === 2 && attempt === 1) {
    await until("go");
    process.exit(7);
  }
}
export function* computing() {
  yield "first";
  for (const end = Date.now() + 600_000; Date.now() < end && !existsSync("go"););
  yield "second";
}
export function* endless(n) { for (let i = 0;; i++) yield n + i; }
export function* batch(numbers) { for (const n of numbers) yield n * 2; }
export function* huge() { for (;;) yield "x".repeat(1_000_000); }
/** 1 has a promise that rejects. Others run at the same time. */
export async function* rejecting(n, { attempt }) {
  if (Number(n) === 1) return yield [Promise.reject(new Error("not awaited"))];
  await new Promise((resolve) => setTimeout(resolve, 50));
  yield "attempt " + attempt;
}
export function* bad() { yield 1; yield 2n; }
/** Yields 3 MB of lines: others than the first begin only when the first has been let go on. */
const made = [0, 0, 0];
export async function* mega(n) {
  if (n === 0) while (made[1] < 3_000 || made[2] < 3_000) await new Promise((resolve) => setTimeout(resolve, 5));
  for (let i = 0; i < 10_000; i++) {
    made[n]++;
    yield String(n).repeat(300);
  }
}
`;
const home = (more: Record<string, string> = {}) => folder({ "t.mjs": TASKS, ...more });
const run = (task: string, args: string[], { path }: { path: string }, stdin: string) =>
  polyloop(["run", `t.mjs#${task}`, "-A", "-j", "2", ...args], { cwd: path, stdin });

describe("what a generator yields", () => {
  test("is a line for each value, in input order, and no line for no value", async () => {
    using dir = home();
    const { code, stdout, stderr } = await run("up", [], dir, "2\n0\n-7\n3\n");
    expect([code, stdout]).toEqual([
      0,
      lines({ n: 2, i: 0 }, { n: 2, i: 1 }, -7, { n: 3, i: 0 }, { n: 3, i: 1 }, { n: 3, i: 2 }),
    ]);
    expect(stderr).toContain("4 inputs");
    expect((await run("later", [], dir, "1\n3\n0\n2\n")).stdout).toBe(lines(0, 0, 1, 2, 0, 1));
  });

  test("is also what an async iterable yields that a task returns", async () => {
    using dir = home();
    for (const task of ["stream", "pages"]) {
      const { stdout } = await run(task, [], dir, "2\n0\n1\n");
      expect(stdout).toBe(lines({ n: 2, i: 0 }, { n: 2, i: 1 }, { n: 1, i: 0 }));
      const enveloped = await run(task, ["--envelope"], dir, "1\n");
      expect(JSON.parse(enveloped.stdout).value).toEqual([{ n: 1, i: 0 }]);
    }
  });

  test("filters many lines as fast as other tasks: each in its place", async () => {
    using dir = home();
    const count = Array.from({ length: 20_000 }, (_, n) => n);
    const { code, stdout } = await run("even", [], dir, lines(...count));
    expect(code).toBe(0);
    expect(stdout).toBe(lines(...count.filter((n) => n % 2 === 0)));
    const unordered = await run("even", ["--unordered"], dir, lines(...count));
    expect(unordered.stdout.trimEnd().split("\n").map(Number).sort((a, b) => a - b))
      .toEqual(count.filter((n) => n % 2 === 0));
  });

  test("may be empty as a whole, in each format", async () => {
    using dir = home();
    for (const [to, text] of [["jsonl", ""], ["json", "[]\n"], ["csv", ""], ["lines", ""]]) {
      const { code, stdout } = await run("up", ["--to", to], dir, "0\n0\n");
      expect([to, code, stdout]).toEqual([to, 0, text]);
    }
  });

  test("is an element each of a JSON array, and a row each of CSV", async () => {
    using dir = home();
    const stdin = "2\n0\n1\n";
    expect((await run("up", ["--to", "json"], dir, stdin)).stdout)
      .toBe('[\n{"n":2,"i":0},\n{"n":2,"i":1},\n{"n":1,"i":0}\n]\n');
    expect((await run("up", ["--to", "csv"], dir, stdin)).stdout).toBe("n,i\n2,0\n2,1\n1,0\n");
    // Enough for workers to write rows themselves.
    const many = "3\n".repeat(5_000);
    expect((await run("up", ["--to", "tsv"], dir, many)).stdout)
      .toBe(`n\ti\n${"3\t0\n3\t1\n3\t2\n".repeat(5_000)}`);
  });

  test("is all in a CSV, or the input has failed and nothing of it is", async () => {
    using dir = home();
    const stdin = lines(["a", "b"], ["c", "c"], ["c", "d"], ["c"]);
    const { code, stdout, stderr } = await run("columns", ["--to", "csv", "--errors", "e"], dir, stdin);
    expect([code, stdout]).toEqual([1, "c\nc\nc\nc\n"]);
    expect(stderr).toContain(
      'line 1: TypeError: The result cannot be written as a row: there is no column for its key "b"',
    );
    const failed = read(dir.path, "e").trimEnd().split("\n").map((line) => JSON.parse(line));
    expect(failed.map(({ index, input }) => [index, input])).toEqual([[0, ["a", "b"]], [2, ["c", "d"]]]);
  });

  test("is any text with --to lines, also with line ends in it; other results stay as they are", async () => {
    using dir = home();
    const { stdout } = await run("texts", ["--to", "lines"], dir, "0\n5\n2\n");
    expect(stdout).toBe("a\n\n\nb\n\nc\n\n\nd\u001e\na\n\n");
    expect((await run("text", ["--to", "lines"], dir, "0\n1\n2\n")).stdout).toBe("\nalone\n\n\n\n");
  });

  test("is an array of the one envelope of its input, and a result each of a batch", async () => {
    using dir = home();
    const { stdout } = await run("up", ["--envelope"], dir, "1\n0\n");
    const envelopes = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    expect(envelopes).toMatchObject([
      { index: 0, ok: true, value: [{ n: 1, i: 0 }] },
      { index: 1, ok: true, value: [] },
    ]);
    expect((await run("batch", ["--batch", "2"], dir, "1\n2\n3\n")).stdout).toBe(lines(2, 4, 6));
  });

  test("fails its input if a value is none of the format", async () => {
    using dir = home();
    const { code, stdout, stderr } = await run("bad", [], dir, "1\n");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("The result cannot be written as JSON: it is a BigInt");
    // A promise that rejects fails its input alone, and not the worker.
    for (const args of [[], ["--batch", "1"]]) {
      const refused = await run("rejecting", ["-j", "1", ...args], dir, "1\n2\n");
      expect(refused.stderr).toContain("line 1: TaskCloneError");
      expect(refused.stdout).toBe(lines("attempt 1"));
    }
  });
});

describe("an attempt that fails", () => {
  test("has written nothing, whether another follows or not", async () => {
    using dir = home();
    const alone = await run("flaky", ["--errors", "e"], dir, "1\n2\n3\n");
    expect([alone.code, alone.stdout]).toEqual([1, lines("1/1", "1/1", "3/1", "3/1")]);
    for (const args of [[], ["--unordered", "-j", "1"], ["--journal", "j"]]) {
      const { code, stdout } = await run(
        "flaky",
        ["--retries", "1", "--backoff", "1ms", ...args],
        dir,
        "2\n",
      );
      expect([code, stdout]).toEqual([0, lines("2/2", "2/2")]);
    }
  });

  test("has written what it yielded, if that is written as it comes", async () => {
    using dir = home();
    const args = ["--unordered", "-j", "1", "-c", "1", "--errors", "e"];
    const { code, stdout } = await run("flaky", args, dir, "1\n2\n3\n");
    expect([code, stdout]).toEqual([1, lines("1/1", "1/1", "2/1", "2/1", "3/1", "3/1")]);
    expect(JSON.parse(read(dir.path, "e"))).toMatchObject({ input: 2, error: { message: "not yet" } });
  });

  test("runs again after a lost worker, but not once its values are written", async () => {
    using dir = home({ go: "" });
    const args = ["--isolation", "process", "-j", "1", "-c", "1"];
    const kept = await run("dying", args, dir, "1\n2\n3\n");
    expect([kept.code, kept.stdout]).toEqual([0, lines("1/1", "2/2", "3/1")]);
    using other = home();
    const running = new RunningPolyloop(["run", "t.mjs#dying", "-A", "--unordered", ...args], {
      cwd: other.path,
    });
    running.stdin.end("1\n2\n3\n");
    await running.says('"2/1"');
    writeFileSync(join(other.path, "go"), "");
    const { code, stdout, stderr } = await running.ended;
    expect([code, stdout]).toEqual([1, lines("1/1", "2/1", "3/1")]);
    expect(stderr).toContain("line 2: WorkerLostError");
  });
});

describe("--unordered writes values as they come", () => {
  test.each(["thread", "process", "none"])("before the generator goes on (%s)", async (isolation) => {
    using dir = home();
    const args = ["run", "t.mjs#gated", "-A", "--unordered", "--isolation", isolation];
    const running = new RunningPolyloop(args, { cwd: dir.path });
    running.stdin.end("1\n2\n");
    await running.says('"1 begins"');
    await running.says('"2 ends"');
    writeFileSync(join(dir.path, "go"), "");
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    expect(stdout.split("\n").sort()).toEqual(["", '"1 begins"', '"1 ends"', '"2 begins"', '"2 ends"']);
    expect(stdout.endsWith('"1 ends"\n')).toBe(true);
  });

  test("also while it computes", async () => {
    using dir = home();
    const running = new RunningPolyloop(["run", "t.mjs#computing", "-A", "--unordered"], { cwd: dir.path });
    running.stdin.end("1\n");
    await running.says('"first"');
    writeFileSync(join(dir.path, "go"), "");
    expect((await running.ended).stdout).toBe(lines("first", "second"));
  });
});

describe("memory", () => {
  test("a generator waits until its turn has come, and everything arrives in order", async () => {
    using dir = home();
    const args = ["-j", "1", "-c", "3"];
    const { code, stdout, stderr } = await run("mega", args, dir, "0\n1\n2\n");
    expect(code, stderr).toBe(0);
    const texts = stdout.trimEnd().split("\n");
    expect(texts).toHaveLength(30_000);
    for (const n of [0, 1, 2]) {
      expect(new Set(texts.slice(n * 10_000, (n + 1) * 10_000))).toEqual(
        new Set([`"${String(n).repeat(300)}"`]),
      );
    }
  });

  test("a generator that never ends is stopped by a reader that leaves", async () => {
    using dir = home();
    for (const args of [[], ["--unordered"]]) {
      const running = new RunningPolyloop(["run", "t.mjs#endless", "-A", ...args], { cwd: dir.path });
      running.stdin.end("1\n");
      await running.says("1\n2\n3\n");
      running.child.stdout.destroy();
      expect((await running.ended).code).not.toBe(2);
    }
  });

  test("values that have to be kept until the attempt has succeeded have a limit", async () => {
    using dir = home();
    const { code, stderr } = await run("huge", ["--journal", "j", "--retries", "3", "-j", "1"], dir, "1\n");
    expect(code).toBe(1);
    expect(stderr).toContain("The task has yielded more than 64 MB for one input");
  });
});

describe("a journal", () => {
  test("keeps what was yielded: resume writes the same lines, in each format", async () => {
    for (
      const [to, whole] of [
        ["jsonl", lines({ n: 2, i: 0 }, { n: 2, i: 1 }, -1, { n: 1, i: 0 })],
        ["json", '[\n{"n":2,"i":0},\n{"n":2,"i":1},\n-1,\n{"n":1,"i":0}\n]\n'],
        ["lines", lines({ n: 2, i: 0 }, { n: 2, i: 1 }, -1, { n: 1, i: 0 })],
      ]
    ) {
      using dir = home({ in: "2\n0\n-1\n1\n" });
      const args = ["--to", to, "-i", "in", "-o", "out", "--journal", "j", "--first", "3"];
      expect((await run("up", args, dir, "")).code).toBe(0);
      const { code } = await polyloop(["resume", "j", "--first", "all"], { cwd: dir.path });
      expect([code, read(dir.path, "out")]).toEqual([0, whole]);
    }
  });

  test("has nothing of an attempt that was killed, and all of those before", async () => {
    using dir = home({ in: "2\n1\n3\n" });
    const args = [
      "run",
      "t.mjs#gated",
      "-A",
      "-i",
      "in",
      "-o",
      "out",
      "--journal",
      "j",
      "--progress",
      "json",
    ];
    const running = new RunningPolyloop(args, { cwd: dir.path });
    await running.says(/"ok":2/);
    running.signal("SIGKILL");
    await running.ended;
    writeFileSync(join(dir.path, "go"), "");
    const { code } = await polyloop(["resume", "j"], { cwd: dir.path });
    expect(code).toBe(0);
    expect(read(dir.path, "out")).toBe(
      lines(...[2, 1, 3].flatMap((n) => [`${n} begins`, `${n} ends`])),
    );
    expect(existsSync(join(dir.path, "go"))).toBe(true);
  });
});
