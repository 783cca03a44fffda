/** `--first N`: no more than N inputs are read and run, whatever they come from. */
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseArgs } from "../../lib/cli/flags/args.ts";
import { startSync } from "../program.ts";
import { polyloop } from "./one_process.ts";
import { folder, SHELL_COMMAND } from "./polyloop.ts";

const SAME = ["run", "-e", "x => x", "--first", "3"];

describe("--first 3", () => {
  test.each<[name: string, args: string[], stdin: string | undefined, stdout: string]>([
    ["JSON lines", [], "1\n\n2\n3\n4\n", "1\n2\n3\n"],
    ["fewer inputs than that", [], "1\n2\n", "1\n2\n"],
    ["as many inputs as that", [], "1\n2\n3\n", "1\n2\n3\n"],
    ["one array", ["--from", "json"], "[1,2,3,4", "1\n2\n3\n"],
    ["CSV", ["--from", "csv"], "n\n1\n2\n3\n4\n", '{"n":"1"}\n{"n":"2"}\n{"n":"3"}\n'],
    ["NUL", ["--from", "nul"], "a\0b\0c\0d\0", '"a"\n"b"\n"c"\n'],
    ["arguments", ["--", "a", "b", "c", "d"], undefined, '"a"\n"b"\n"c"\n'],
    ["several files", ["-i", "a.jsonl", "-i", "b.jsonl.gz"], undefined, "1\n2\n3\n"],
    ["batches", ["--batch", "2"], "1\n2\n3\n4\n5\n", "1\n2\n3\n"],
    ["each on its own", ["-j", "1", "--timeout", "1m", "--rate", "1000/s"], "1\n2\n3\n4\n", "1\n2\n3\n"],
  ])("of %s: these run, and the run is complete", async (_, args, stdin, stdout) => {
    using dir = folder({ "a.jsonl": "1\n2\n" });
    writeFileSync(join(dir.path, "b.jsonl.gz"), gzipSync("3\n4\n5\n"));
    expect(await polyloop([...SAME, ...args], { cwd: dir.path, stdin })).toMatchObject({ code: 0, stdout });
  });

  test("counts a broken line, and reads no further than it must", async () => {
    const ended = await polyloop(SAME, { stdin: "1\n{\n3\n{{\n" });
    expect(ended).toMatchObject({ code: 1, stdout: "1\n3\n" });
    expect(ended.stderr).toContain("line 2");
    expect(ended.stderr).not.toContain("line 4");
    const dry = await polyloop([...SAME, "--dry-run"], { stdin: "1\n2\n3\n{{\n" });
    expect(dry).toMatchObject({ code: 0, stderr: expect.stringContaining("ok: 3 inputs in stdin") });
    expect(dry.stderr).toMatch(/^ {2}first +3 +flag$/m);
  });

  test("ends a producer that never ends, by closing its pipe", () => {
    const script =
      `{ yes 1; echo "yes: $?" >&2; } | ${SHELL_COMMAND} run -e 'x => x' --first 3 --progress none`;
    const { status, stdout, stderr } = startSync("bash", ["-c", script]);
    // 141 is SIGPIPE; where that is ignored, yes fails.
    expect({ status, stdout }).toEqual({ status: 0, stdout: "1\n1\n1\n" });
    expect(stderr).toMatch(/yes: (141|1)\n$/);
  });

  test("is the total of the progress, also of a pipe", async () => {
    const { stderr } = await polyloop([...SAME, "--progress", "json"], { stdin: "1\n2\n3\n4\n" });
    const last = stderr.trim().split("\n").map((line) => JSON.parse(line)).findLast(({ type }) =>
      type === "progress"
    );
    expect(last).toMatchObject({ done: true, ok: 3, read: 3, total: 3, totalIsExact: true, share: 1 });
  });

  test.each(["0", "-1", "1.5", "some", ""])("%j inputs are refused", (first) => {
    expect(() => parseArgs(["run", "-e", "x => x", `--first=${first}`]))
      .toThrow(`--first: expected a whole number of at least 1, or all, got ${JSON.stringify(first)}`);
  });
});

test("a journal keeps --first; resume stays with it, goes on to further inputs, and then to all", async () => {
  using dir = folder({ "in.jsonl": "1\n2\n3\n4\n5\n", "t.mjs": "export default (x) => x;\n" });
  const start = async (...args: string[]) => {
    const { code, stderr } = await polyloop(args, { cwd: dir.path });
    return { code, stderr, out: readFileSync(join(dir.path, "out"), "utf8") };
  };
  const begun = await start("run", "t.mjs", "-i", "in.jsonl", "-o", "out", "--journal", "j", "--first", "2");
  expect(begun).toMatchObject({ code: 0, out: "1\n2\n" });
  const status = JSON.parse((await polyloop(["status", "j", "--json"], { cwd: dir.path })).stdout);
  expect(status).toMatchObject({ state: "finished" });
  expect(await start("resume", "j")).toMatchObject({ code: 0, out: "1\n2\n" });
  expect(await start("resume", "j", "--first", "4")).toMatchObject({ code: 0, out: "1\n2\n3\n4\n" });
  // Fewer than have an outcome: those of the others are not missing.
  const fewer = await start("resume", "j", "--first", "1");
  expect(fewer).toMatchObject({ code: 0, out: "1\n" });
  expect(fewer.stderr).not.toContain("missing");
  const forgetful = await start("resume", "j", "--forget");
  expect(forgetful).toMatchObject({ code: 2, stderr: expect.stringContaining("Add --first all") });
  const whole = await start("resume", "j", "--first", "all", "--forget");
  expect(whole).toMatchObject({ code: 0, out: "1\n2\n3\n4\n5\n" });
  expect(whole.stderr).toContain("1 input in");
  expect(whole.stderr).toContain("; 4 done before\n");
});

test("bench takes its sample of the first inputs, and a config may say so", async () => {
  using dir = folder({
    "in.jsonl": "1\n2\n3\n4\n5\n",
    "t.mjs": "export default (x) => { if (x > 2) throw new Error(`ran ${x}`); return x; };\n",
    "polyloop.json": '{"module": "t.mjs", "input": "in.jsonl", "first": 2}',
  });
  const bench = ["bench", "--for", "100ms", "--json"];
  const { code, stdout } = await polyloop(bench, { cwd: dir.path, stdin: null });
  expect(code).toBe(0);
  expect(JSON.parse(stdout).sample).toMatchObject({ inputs: 2, whole: false });
  const ran = await polyloop(["run"], { cwd: dir.path, stdin: null });
  expect(ran).toMatchObject({ code: 0, stdout: "1\n2\n" });
});
