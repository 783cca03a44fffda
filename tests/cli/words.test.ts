/** What a run says of itself: a summary that is true however it ended, and nothing but objects with --progress json. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { polyloop } from "./one_process.ts";
import { folder, RunningPolyloop } from "./polyloop.ts";

const TASKS = `
import { existsSync } from "node:fs";
export async function some(n) {
  if (n > 2) while (!existsSync("go")) await new Promise((done) => setTimeout(done, 5));
  return n;
}
export const wait = (n) => n < 2 ? n : new Promise(() => setInterval(() => {}, 1_000));
export function fails(n) {
  if (n % 2 === 0) throw new TypeError("no host " + n);
  if (n % 3 === 0) throw "gave up " + n;
  if (n === 1) throw new RangeError("only\\none");
  return n;
}
`;
const range = (count: number) => Array.from({ length: count }, (_, n) => `${n}\n`).join("");
const home = (count: number) => folder({ "t.mjs": TASKS, "in.jsonl": range(count) });

/** The objects on stderr, which has nothing else. */
function objectsOn(stderr: string): Record<string, unknown>[] {
  return stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
}

describe("a run that did not end well says how many inputs are ok, never that all are:", () => {
  test.each(
    [
      ["inputs left", "2", 500, /^✗ \d+ inputs in [^:]+: \d+ ok; \d+ not run$/m],
      ["none left", "6", 6, /^✗ 6 inputs in [^:]+: 6 ok$/m],
    ] as const,
  )("by a signal with %s", async (_, concurrency, count, summary) => {
    using dir = home(count);
    const args = ["run", "t.mjs#some", "-A", "-i", "in.jsonl", "-j", "1", "-c", concurrency];
    const run = new RunningPolyloop(args, { cwd: dir.path });
    await run.says("2\n");
    run.signal("SIGTERM");
    await run.says("stopping");
    writeFileSync(join(dir.path, "go"), "");
    const { code, stderr } = await run.ended;
    expect(code).toBe(143);
    expect(stderr).toMatch(summary);
    expect(stderr).not.toContain("all ok");
  });

  test("by --deadline", async () => {
    using dir = home(3);
    const args = ["run", "t.mjs#wait", "-i", "in.jsonl", "--deadline", "2s", "--grace", "10ms"];
    const { code, stderr } = await polyloop(args, { cwd: dir.path });
    expect(code).toBe(124);
    expect(stderr).toMatch(/^✗ 2 inputs in [^:]+: 2 ok; 1 not run to the end$/m);
  });

  test("by results that cannot be written", async () => {
    const { code, stderr } = await polyloop(["run", "-e", "x => x", "-o", "/dev/full"], { stdin: "1\n" });
    expect(code).toBe(4);
    expect(stderr).toMatch(/^✗ 1 input in [^:]+: 1 ok$/m);
  });

  test("by failures that an earlier part had", async () => {
    using dir = home(7);
    await polyloop(["run", "t.mjs#fails", "-i", "in.jsonl", "-o", "out", "--journal", "j"], {
      cwd: dir.path,
    });
    writeFileSync(join(dir.path, "in.jsonl"), `${range(7)}7\n`);
    const { code, stderr } = await polyloop(["resume", "j"], { cwd: dir.path });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^✗ 1 input in [^:]+: 1 ok; 7 done before \(6 failed\)$/m);
  });
});

describe("the summary names", () => {
  test("each kind of error with its count, the most frequent first", async () => {
    using dir = home(12);
    const { stderr } = await polyloop(["run", "t.mjs#fails", "-i", "in.jsonl", "--errors", "e"], {
      cwd: dir.path,
    });
    expect(stderr).toMatch(
      / {2}failures: e, 6 like TypeError: no host 0\n {4}2 like threw "gave up 3"\n {4}1 × RangeError: only\n$/,
    );
  });

  test("five of them, and how many there are of others", async () => {
    const kinds = "'abcdefgh'.split('')";
    const fail = `(n) => { throw new Error(${kinds}[n] + "!") }`;
    const { stderr } = await polyloop(["run", "-e", fail], { stdin: range(8) });
    expect(stderr).toMatch(
      /failures: 1 × Error: \w!\n( {4}1 × Error: \w!\n){4} {4}3 of 3 other kinds\n$/,
    );
    const many = Array.from({ length: 60 }, (_, n) => `"${String.fromCodePoint(0x4e00 + n)}"\n`).join("");
    const ended = await polyloop(["run", "-e", "(text) => { throw new Error(text) }"], { stdin: many });
    expect(ended.stderr).toMatch(/\n {4}55 of more than 45 other kinds\n$/);
  });
});

describe("--progress json: all that polyloop says is one object per line,", () => {
  test("failures, notices and kinds too", async () => {
    using dir = home(40);
    const args = ["run", "t.mjs#fails", "-i", "in.jsonl", "-o", "out", "--progress", "json", "-j", "1"];
    const { code, stderr } = await polyloop([...args, "--journal", "j", "--halt", "4"], { cwd: dir.path });
    expect(code).toBe(3);
    const objects = objectsOn(stderr);
    const failures = objects.filter(({ type }) => type === "failure");
    expect(failures[0]).toEqual({
      type: "failure",
      index: 0,
      line: 1,
      file: null,
      place: "line 1",
      name: "TypeError",
      message: "no host 0",
      text: expect.stringMatching(/^TypeError: no host 0 {2}\(t\.mjs:\d+:\d+\)$/),
    });
    expect(failures).toContainEqual(expect.objectContaining({ index: 1, message: "only\none" }));
    expect(objects).toContainEqual({
      type: "notice",
      message: expect.stringMatching(/^--halt: \d+ of \d+ inputs failed/),
    });
    const [kinds, last] = objects.filter(({ type }) => type === "errors" || type === "progress").slice(-2);
    expect(kinds).toMatchObject({ type: "errors", others: 0 });
    expect((kinds.kinds as unknown[])[0]).toMatchObject({
      like: expect.stringMatching(/^TypeError/),
      count: expect.any(Number),
    });
    expect(last).toMatchObject({ type: "progress", done: true, exitCode: 3 });
  });

  test("what is wrong with the command line, the module, a config and a journal", async () => {
    using dir = folder({ "t.mjs": TASKS, "bad.mjs": "throw new Error('no')", "in.jsonl": "1\n" });
    for (
      const args of [
        ["run", "t.mjs", "--progress", "json", "--bogus"],
        ["run", "t.mjs#none", "--progress=json"],
        ["run", "bad.mjs", "--progress", "json"],
        ["run", "t.mjs#some", "-i", "gone", "--progress", "json"],
        ["run", "t.mjs#some", "--config", "gone.json", "--progress", "json"],
        ["resume", "gone.sqlite", "--progress", "json"],
        ["run", "t.mjs#some", "-i", "in.jsonl", "--dry-run", "--progress", "json"],
      ]
    ) {
      const { stderr } = await polyloop(args, { cwd: dir.path });
      for (const object of objectsOn(stderr)) {
        expect(object).toEqual({ type: "notice", message: expect.any(String) });
      }
    }
  });

  test("each step of stopping, and how to go on", async () => {
    using dir = home(2);
    writeFileSync(join(dir.path, "in.jsonl"), "5\n6\n");
    const args = ["run", "t.mjs#wait", "-i", "in.jsonl", "--progress", "json", "--journal", "j", "-j", "1"];
    const run = new RunningPolyloop([...args, "--grace", "10ms"], { cwd: dir.path });
    await run.says('"inFlight":2');
    run.signal("SIGINT");
    await run.says("stopping");
    await run.signalAgain("SIGINT");
    const { code, stderr } = await run.ended;
    expect(code).toBe(130);
    const said = objectsOn(stderr).filter(({ type }) => type === "notice").map(({ message }) => message);
    expect(said).toEqual([
      "stopping; 2 tasks still run (the same signal again aborts them)",
      "aborting running tasks (the same signal again exits at once)",
      "to go on: polyloop resume j",
    ]);
  });
});
