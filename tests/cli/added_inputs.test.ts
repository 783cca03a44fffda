/** `context.add`: inputs that tasks hand in run in the same run, each distinct one once, in an order that no timing changes. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseArgs } from "../../lib/cli/flags/args.ts";
import { polyloop } from "./one_process.ts";
import { folder, RunningPolyloop } from "./polyloop.ts";

/** A tree of 15 inputs with edges back to the root. The first to end are the last. */
const TREE = `
  const nth = (x) => Number(x.n ?? x);
  const wait = (n) => new Promise((resolve) => setTimeout(resolve, 16 - n));
  const visit = (like) => async (x, { add }) => {
    const n = nth(x);
    for (const child of [2 * n, 2 * n + 1, 1]) if (child < 16) await add(like(child, x));
    await wait(n);
    return x;
  };
  export default visit((n) => n);
  export const texts = visit((n) => String(n));
  export const objects = visit((n) => ({ more: null, n }));
  export const rows = visit((n, { tag }) => ({ n: String(n), tag }));
  export async function tries(n, { add, attempt }) {
    if (n === 1) for (const child of [2, 3, 4]) await add(child);
    if (n === 2) await add(attempt === 1 ? 99 : 5);
    if (n === 2 && attempt === 1) throw new Error("again");
    if (n === 3) await add(6);
    if (n === 3) throw new Error("boom");
    return n;
  }
  const ran = Promise.withResolvers();
  // 1 waits until 21 has run, a link of 2. 21 is then found to be a link of 1, too.
  const links = (more) => async (x, { add }) => {
    const n = nth(x);
    if (n === 21) ran.resolve();
    if (n === 1) await ran.promise;
    for (const link of { 1: more, 2: [20, 21], 20: [200] }[n] ?? []) await add(x.n ? { n: String(link) } : link);
    if (n === 20) throw new Error("boom");
    return x;
  };
  export const hanging = links([21, 10]);
  export const more = links([100, 101, 102, 103, 104, 105, 106]);
  export async function last(n, { add }) {
    if (n === 39_999) for (const known of [0, 5, 39_999, 40_000]) await add(known);
  }
`;

const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);
const lines = (values: unknown[]) => values.map((value) => `${value}\n`).join("");
const jsonLines = (text: string) => text.trim().split("\n").map((line) => JSON.parse(line));

function site(files: Record<string, string> = {}) {
  return folder({ "tree.mjs": TREE, ...files });
}

describe("each distinct input runs once, after those that were there, in the order of the parents", () => {
  test.each<[name: string, args: string[], stdin: string, stdout: string]>([
    ["JSON lines", ["tree.mjs"], "1\n", lines(upTo(15))],
    [
      "twice in the file",
      ["tree.mjs"],
      "1\n3\n1\n",
      lines([1, 3, 1, 2, 6, 7, 4, 5, 12, 13, 14, 15, 8, 9, 10, 11]),
    ],
    [
      "equal objects",
      ["tree.mjs#objects"],
      '{"n": 1, "more" : null}\n',
      lines(['{"n":1,"more":null}', ...upTo(15).slice(1).map((n) => `{"more":null,"n":${n}}`)]),
    ],
    ["text lines", ["tree.mjs#texts", "--from", "lines", "--to", "lines"], "1\n", lines(upTo(15))],
    ["NUL", ["tree.mjs#texts", "--from", "nul"], "1\0", lines(upTo(15).map((n) => `"${n}"`))],
    ["one array", ["tree.mjs", "--from", "json", "--to", "json"], "[1]", `[\n${upTo(15).join(",\n")}\n]\n`],
    [
      "CSV",
      ["tree.mjs#rows", "--from", "csv", "--to", "csv"],
      "tag,n\nx,1\n",
      lines(["tag,n", ...upTo(15).map((n) => `x,${n}`)]),
    ],
    ["arguments", ["tree.mjs#texts", "--to", "lines", "--", "1"], "", lines(upTo(15))],
    [
      "one at a time",
      ["tree.mjs", "-c", "1", "-j", "1", "--timeout", "1m", "--limit-per", "n=1"],
      "1\n",
      lines(upTo(15)),
    ],
    ["no workers", ["tree.mjs", "--isolation", "none", "-A"], "1\n", lines(upTo(15))],
    ["processes", ["tree.mjs", "--isolation", "process", "-A"], "1\n", lines(upTo(15))],
    ["the first input only", ["tree.mjs", "--first", "1"], "1\n77\n", lines(upTo(15))],
  ])("%s", async (_, args, stdin, stdout) => {
    using dir = site();
    const ended = await polyloop(["run", ...args], { cwd: dir.path, stdin });
    expect(ended, ended.stderr).toMatchObject({ code: 0, stdout });
  });

  test("unordered, the same inputs, as soon as they are handed in, also while stdin stays open", async () => {
    using dir = site();
    const run = new RunningPolyloop(["run", "tree.mjs", "--unordered", "--envelope", "--progress", "none"], {
      cwd: dir.path,
    });
    run.stdin.write("1\n");
    await run.says('"value":15,');
    run.stdin.end("77\n");
    const { code, stdout } = await run.ended;
    const outcomes = jsonLines(stdout);
    expect(code).toBe(0);
    expect(outcomes.map(({ value }) => value).toSorted((a, b) => a - b)).toEqual([...upTo(15), 77]);
    expect(outcomes.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(
      [...upTo(15), 16].map((n) => n - 1),
    );
  });

  test("an input starts before those ahead of its parent have ended; the first parent in order decides its place", async () => {
    using dir = site({ "in.jsonl": "1\n2\n", "in.csv": "n\n1\n2\n", "in2.jsonl": "1\n2\n20\n" });
    const options = ["-j", "1", "--errors", "failed"];
    const run = (args: string[]) => polyloop(["run", ...args, ...options], { cwd: dir.path });
    const failed = () => JSON.parse(readFileSync(join(dir.path, "failed"), "utf8"));
    const json = await run([
      "tree.mjs#hanging",
      "-i",
      "in.jsonl",
      "--envelope",
      "--journal",
      "j",
      "-o",
      "out",
    ]);
    expect(json, json.stderr).toMatchObject({ code: 1 });
    const out = readFileSync(join(dir.path, "out"), "utf8");
    expect(jsonLines(out).map(({ index, value }) => [index, value]))
      .toEqual([1, 2, 21, 10, undefined, 200].map((n, index) => [index, n]));
    expect(failed()).toMatchObject({ index: 4, line: 5, added: true, input: 20 });
    const again = await polyloop(["resume", "j"], { cwd: dir.path });
    expect(again, again.stderr).toMatchObject({ code: 1 });
    expect(readFileSync(join(dir.path, "out"), "utf8")).toBe(out);
    expect(failed()).toMatchObject({ index: 4, line: 5 });

    const csv = await run(["tree.mjs#hanging", "-i", "in.csv", "--to", "csv", "--max-inputs", "99"]);
    expect(csv, csv.stderr).toMatchObject({ code: 1, stdout: lines(["n", 1, 2, 21, 10, 200]) });
    // An added input that is in the file, too.
    const twice = await run([
      "tree.mjs#hanging",
      "-i",
      "in2.jsonl",
      "--first",
      "3",
      "--isolation",
      "none",
      "-A",
    ]);
    expect(twice, twice.stderr).toMatchObject({ code: 1, stdout: lines([1, 2, 21, 10, 200]) });
    // Two inputs have started that are not among the first eight.
    const cut = await run(["tree.mjs#more", "-i", "in.jsonl", "--max-inputs", "8"]);
    expect(cut, cut.stderr).toMatchObject({ stdout: lines([1, 2, 100, 101, 102, 103, 104, 105]) });
    expect(cut.stderr).toContain("--max-inputs 8: 1 further input did not run");
    expect(cut.stderr).toContain(
      "not in the output: 2 inputs that had started before an earlier one added others",
    );
  });

  test("only what the attempt handed in counts that gave the outcome; a failed input is named by its text", async () => {
    using dir = site();
    const args = [
      "run",
      "tree.mjs#tries",
      "--retries",
      "1",
      "--backoff",
      "1ms",
      "--envelope",
      "--errors",
      "failed",
    ];
    const { code, stdout, stderr } = await polyloop(args, { cwd: dir.path, stdin: "1\n" });
    expect(code).toBe(1);
    expect(jsonLines(stdout).map(({ index, ok, value }) => [index, ok, value])).toEqual([
      [0, true, 1],
      [1, true, 2],
      [2, false, undefined],
      [3, true, 4],
      [4, true, 5],
      [5, true, 6],
    ]);
    expect(stderr).toContain("added input 3 (3): Error: boom");
    expect(JSON.parse(readFileSync(join(dir.path, "failed"), "utf8")))
      .toMatchObject({ index: 2, line: 3, added: true, input: 3, attempts: 2 });
  });

  test("inputs that settled long before the first one was handed in are read again; stdin cannot be", async () => {
    // More bytes than are kept, also without the 16,384 inputs that may not have settled.
    const text = lines(Array.from({ length: 40_000 }, (_, n) => String(n).padEnd(230)));
    using dir = site({ "in.jsonl": text });
    const run = ["run", "tree.mjs#last", "--max-inputs", "40003"];
    const again = await polyloop([...run, "-i", "in.jsonl"], { cwd: dir.path });
    expect(again, again.stderr).toMatchObject({ code: 0 });
    expect(again.stdout.length).toBe(5 * 40_001);
    const once = await polyloop(run, { cwd: dir.path, stdin: text });
    expect(once).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("Give the inputs as a file (-i FILE), or use --revisit"),
    });
    const revisited = await polyloop([...run, "--revisit"], { cwd: dir.path, stdin: text });
    expect(revisited.stdout.length).toBe(5 * 40_003);
  });
});

test("--max-inputs counts all inputs; resume runs further ones; --revisit compares none", async () => {
  using dir = site();
  const run = ["run", "tree.mjs", "-o", "out", "--journal", "j"];
  const first = await polyloop([...run, "--max-inputs", "4"], { cwd: dir.path, stdin: "1\n" });
  expect(first).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("--max-inputs 4: 5 further inputs did not run"),
  });
  expect(readFileSync(join(dir.path, "out"), "utf8")).toBe(lines(upTo(4)));
  await polyloop(["resume", "j", "--max-inputs", "all"], { cwd: dir.path, stdin: "1\n" });
  expect(readFileSync(join(dir.path, "out"), "utf8")).toBe(lines(upTo(15)));
  const revisited = await polyloop(["run", "tree.mjs", "--revisit", "--max-inputs", "8"], {
    cwd: dir.path,
    stdin: "1\n",
  });
  expect(revisited.stdout).toBe(lines([1, 2, 3, 1, 4, 5, 1, 6]));
  const fewer = await polyloop(["run", "tree.mjs", "--max-inputs", "2"], {
    cwd: dir.path,
    stdin: "1\n5\n9\n",
  });
  expect(fewer).toMatchObject({ code: 0, stdout: "1\n5\n" });
});

test("a failed input that runs again hands in its inputs again", async () => {
  using dir = site({
    "flaky.mjs": `
      import { existsSync } from "node:fs";
      export default async function (n, { add }) {
        if (n < 4) await add(n + 1);
        if (n === 2 && !existsSync("mended")) throw new Error("boom");
        return n;
      }`,
  });
  const args = ["run", "flaky.mjs", "-A", "--journal", "j", "-o", "out", "-i", "in"];
  writeFileSync(join(dir.path, "in"), "1\n");
  expect((await polyloop(args, { cwd: dir.path })).code).toBe(1);
  expect(readFileSync(join(dir.path, "out"), "utf8")).toBe("1\n3\n4\n");
  writeFileSync(join(dir.path, "mended"), "");
  expect((await polyloop(["resume", "j"], { cwd: dir.path })).code).toBe(1);
  const mended = await polyloop(["resume", "j", "--retry-failed"], { cwd: dir.path });
  expect(mended, mended.stderr).toMatchObject({ code: 0, stderr: expect.stringContaining("1 input in") });
  expect(readFileSync(join(dir.path, "out"), "utf8")).toBe("1\n2\n3\n4\n");
});

test.each<[name: string, order: string[]]>([["in order", []], ["as they come", ["--unordered"]]])(
  "300 pages with cycles, %s, killed twice: resume runs the rest, each page once",
  async (_, order) => {
    const PAGES = 300;
    using dir = folder({
      "site.mjs": `export default async function ({ page }, { add }) {
      if (page % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      for (let k = 1; k <= 4; k++) await add({ page: (page * 7 + k * k * 31) % ${PAGES} });
      if (page % 50 === 49) throw new Error("gone");
      return page;
    }`,
      "seeds": '{"page":0}\n',
    });
    const options = ["-i", "seeds", "--progress", "none", ...order];
    const read = (name: string) => readFileSync(join(dir.path, name), "utf8");
    const whole = await polyloop(["run", "site.mjs", "-o", "whole", ...options], { cwd: dir.path });
    expect(whole, whole.stderr).toMatchObject({ code: 1 });
    // Slow enough to be killed in the middle.
    const run = ["run", "site.mjs", "-o", "out", "--journal", "j", "--rate", "200/s", ...options];
    for (const [least, args] of [[50, run], [100, ["resume", "j", "--progress", "none"]]] as const) {
      const running = new RunningPolyloop([...args], { cwd: dir.path });
      await until(() => linesIn(join(dir.path, "out")) > least);
      running.signal("SIGKILL");
      await running.ended;
    }
    const last = await polyloop(["resume", "j", "--rate", "100000/s", "--progress", "plain"], {
      cwd: dir.path,
    });
    expect(last, last.stderr).toMatchObject({ code: 1, stderr: expect.stringContaining("done before") });
    const sorted = (text: string) => order.length === 0 ? text : text.split("\n").toSorted().join("\n");
    expect(sorted(read("out"))).toBe(sorted(read("whole")));
    expect(new Set(read("out").split("\n")).size).toBe(PAGES - 6 + 1);
  },
);

describe("what cannot be is refused", () => {
  test.each<[name: string, args: string[], says: string]>([
    ["a batch", ["tree.mjs", "--batch", "2"], "(--batch) cannot add inputs"],
    [
      "a part of the inputs",
      ["-e", "async (x, { add }) => await add(2)", "--shard", "1/1"],
      "with --shard, tasks cannot add inputs",
    ],
    [
      "no text",
      ["-e", "async (x, { add }) => await add(2)", "--from", "lines"],
      "with --from lines, inputs are texts, and this one is a number",
    ],
    [
      "two lines",
      ["-e", "async (x, { add }) => await add('a\\nb')", "--from", "lines"],
      "an input is one line",
    ],
    [
      "half a character",
      ["-e", "async (x, { add }) => await add('\\ud800')", "--from", "lines"],
      "half of a surrogate pair",
    ],
    [
      "no JSON",
      ["-e", "async (x, { add }) => await add(new Map())"],
      "context.add(): The input cannot be written as JSON: it is a Map",
    ],
    ["nothing", ["-e", "async (x, { add }) => await add()"], "context.add() needs an input, got undefined"],
  ])("in the task: %s", async (_, args, says) => {
    using dir = site();
    const ended = await polyloop(["run", ...args], { cwd: dir.path, stdin: "1\n" });
    expect(ended, ended.stderr).toMatchObject({ code: 1, stderr: expect.stringContaining(says) });
  });

  test.each(["0", "-1", "1.5", "some", ""])("--max-inputs=%s", (value) => {
    expect(() => parseArgs(["run", "-e", "x => x", `--max-inputs=${value}`]))
      .toThrow("--max-inputs: expected");
  });

  test.each([["--batch", "2"], ["--shard", "1/2"]])("--revisit with %s", (...flags) => {
    expect(() => parseArgs(["run", "-e", "x => x", "--revisit", ...flags]))
      .toThrow(`--revisit: has no effect with ${flags[0]}, where tasks cannot add inputs`);
  });
});

function linesIn(path: string): number {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").length - 1 : 0;
}

/** Resolves when the condition holds. A killed process cannot tell, so its files are looked at. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
