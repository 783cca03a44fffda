/** `polyloop run` as a user meets it: a process with arguments, stdin, stdout, stderr and an exit code. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isDeno, startSync } from "../program.ts";
import { polyloop } from "./one_process.ts";
import { folder, inShell, RunningPolyloop, SHELL_COMMAND } from "./polyloop.ts";
import { jsonLines as lines } from "./texts.ts";

const TASKS = `
import { statSync } from "node:fs";
import process from "node:process";
export const double = (n: number) => n * 2;
export async function odd(n: number) {
  await null;
  if (n % 2 === 0) throw new RangeError("even: " + n);
  return { n };
}
export function talk(n: number) {
  console.log("log " + n);
  console.info("info " + n);
  console.table([{ cell: n }]);
  console.group("group");
  console.count("count");
  console.groupEnd();
  const { stdout, stderr } = globalThis.Deno ?? process;
  for (const [stream, text] of [[stdout, "direct " + n + "\\n"], [stderr, "raw " + n + "\\n"]]) {
    if (stream.writeSync) stream.writeSync(new TextEncoder().encode(text));
    else stream.write(text);
  }
  return n;
}
export const text = (line: string) => line.toUpperCase();
/** Says that it runs, then waits for ever; \`polite\` ends when aborted. */
export async function wait(n: number) {
  console.log("started " + n);
  await new Promise(() => setInterval(() => {}, 1000));
}
/** Ends when the file says so: the test holds the end in its hand. */
export async function held({ n, until }: { n: number; until: string }) {
  console.log("started " + n);
  while (true) {
    try {
      statSync(until);
      return n;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
export async function polite(n: number, { signal }: { signal: AbortSignal }) {
  console.log("started " + n);
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  console.log("tidied up " + n);
}
export function spin(n: number) {
  console.log("started " + n);
  for (;;);
}
`;

const files = () => folder({ "tasks.ts": TASKS });
const range = (count: number) => lines(...Array.from({ length: count }, (_, index) => index));

/** One line on stderr and exit code 2, with nothing on stdout. */
async function refused(args: string[], options: { cwd: string; stdin?: string }): Promise<string> {
  const { code, stdout, stderr } = await polyloop(["run", ...args], options);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^polyloop: [^\n]+\n$/);
  expect(code).toBe(2);
  return stderr.slice("polyloop: ".length, -1);
}

describe("polyloop", () => {
  test("alone prints help to stderr and exits with 2", async () => {
    const { code, stdout, stderr } = await polyloop([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("polyloop run -e");
  });

  test("--help prints to stdout and exits with 0", async () => {
    const { code, stdout, stderr } = await polyloop(["run", "--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("--concurrency");
  });

  test("--version prints the version of deno.json", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../deno.json", import.meta.url), "utf8"));
    expect(await polyloop(["--version"])).toEqual({ code: 0, stdout: `polyloop ${version}\n`, stderr: "" });
  });
});

describe("polyloop run: what comes out", () => {
  test("results stand in input order, one per line, and the summary is on stderr", async () => {
    using dir = files();
    const { code, stdout, stderr } = await polyloop(["run", "tasks.ts#double"], {
      cwd: dir.path,
      stdin: range(1200),
    });
    expect(stdout).toBe(lines(...Array.from({ length: 1200 }, (_, index) => index * 2)));
    expect(stderr).toMatch(/^✓ 1,200 inputs in [^\n]+: all ok\n {2}[^\n]+\n$/);
    expect(code).toBe(0);
  });

  test("an empty input is a run that ended well", async () => {
    using dir = files();
    expect(await polyloop(["run", "tasks.ts#double", "--progress", "none"], { cwd: dir.path })).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });

  test("-e runs a function of the command line, with types and a comment at its end", async () => {
    const { code, stdout } = await polyloop(["run", "-e", "async (n: number) => n + 1 // done"], {
      stdin: "1\n2\n",
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "2\n3\n" });
  });

  test("-e takes a function that ends in a semicolon", async () => {
    expect((await polyloop(["run", "-e", "x => -x;"], { stdin: "1\n" })).stdout).toBe("-1\n");
  });

  test("the default export runs where no export is named", async () => {
    using dir = folder({ "a#b.ts": "export default () => 1", "t.ts": "export default (n: number) => -n" });
    expect((await polyloop(["run", "t.ts"], { cwd: dir.path, stdin: "1\n" })).stdout).toBe("-1\n");
    expect((await polyloop(["run", "a#b.ts#default"], { cwd: dir.path, stdin: "1\n" })).stdout).toBe("1\n");
  });

  test("files are read and written, an old output is replaced whole", async () => {
    using dir = folder({
      "tasks.ts": TASKS,
      "in.jsonl": "1\n\n2",
      "out.jsonl": "a longer line from before\n",
    });
    const args = ["run", join(dir.path, "tasks.ts#double"), "-i", "in.jsonl", "-o", "out.jsonl"];
    const { code, stdout } = await polyloop(args, { cwd: dir.path });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(readFileSync(join(dir.path, "out.jsonl"), "utf8")).toBe("2\n4\n");
  });

  test("lines go in and out as text, empty ones too", async () => {
    using dir = files();
    const args = ["run", "tasks.ts#text", "--from", "lines", "--to", "lines"];
    expect((await polyloop(args, { cwd: dir.path, stdin: "a b\r\n\nc" })).stdout).toBe("A B\n\nC\n");
  });

  test("--envelope wraps every outcome, good and bad, in order", async () => {
    using dir = files();
    const { code, stdout } = await polyloop(["run", "tasks.ts#odd", "--envelope", "--to", "lines"], {
      cwd: dir.path,
      stdin: "1\n2\n3\n",
    });
    const records = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    expect(records.map((record) => Object.keys(record))).toEqual([
      ["index", "ok", "value", "attempts", "ms"],
      ["index", "ok", "error", "attempts", "ms"],
      ["index", "ok", "value", "attempts", "ms"],
    ]);
    expect(records[0]).toMatchObject({ index: 0, ok: true, value: { n: 1 }, attempts: 1 });
    expect(records[1]).toMatchObject({
      index: 1,
      ok: false,
      error: { name: "RangeError", message: "even: 2" },
    });
    expect(records[1].error.stack).toContain("tasks.ts:7:");
    expect(code).toBe(1);
  });

  test("--unordered writes a result before an earlier input has finished", async () => {
    using dir = files();
    const until = join(dir.path, "go");
    const run = new RunningPolyloop(["run", "tasks.ts#held", "-A", "--unordered", "-j", "1"], {
      cwd: dir.path,
    });
    run.stdin.end(lines({ n: 1, until }, { n: 2, until: dir.path }));
    await run.says("2\n");
    writeFileSync(until, "");
    const { code, stdout } = await run.ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: "2\n1\n" });
  });

  test("a slow input's result appears before the next input comes", async () => {
    const run = new RunningPolyloop(["run", "-e", "n => 'result ' + n"]);
    run.stdin.write("1\n");
    await run.says("result 1");
    run.stdin.end("2\n");
    expect((await run.ended).stdout).toBe('"result 1"\n"result 2"\n');
  });

  test.each(["thread", "process", "none"])(
    "what a task prints goes to stderr (isolation %s)",
    async (isolation) => {
      using dir = files();
      const grant = isolation === "none" ? ["-A"] : [];
      const args = ["run", "tasks.ts#talk", "--isolation", isolation, ...grant];
      const { stdout, stderr } = await polyloop(args, {
        cwd: dir.path,
        stdin: "7\n",
      });
      expect(stdout).toBe("7\n");
      for (const said of ["log 7", "info 7", "cell", "group", "count: 1", "direct 7", "raw 7"]) {
        expect(stderr).toContain(said);
      }
    },
  );

  test("what a process prints last is printed before the run ends", async () => {
    const args = ["run", "--isolation", "process", "-j", "2", "--progress", "none"];
    const source = "(n) => console.error(`said ${n}`)";
    // The result comes by another pipe: which of them is read first is chance.
    for (let run = 0; run < 8; run++) {
      const { stderr } = await polyloop([...args, "-e", source], { stdin: "1\n2\n" });
      expect(stderr.split("\n").sort()).toEqual(["", "said 1", "said 2"]);
    }
  });
});

describe("polyloop run: failed inputs", () => {
  test("a broken line is named by its number, its neighbours' results are written, exit code 1", async () => {
    const { code, stdout, stderr } = await polyloop(["run", "-e", "x => x"], {
      stdin: '{"a":1}\n\n{"a":\n{"a":3}\n',
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '{"a":1}\n{"a":3}\n' });
    expect(stderr).toMatch(/^line 3: TaskInputError: The input is not valid JSON: .+$/m);
    expect(stderr).toContain("3 inputs in");
    expect(stderr).toContain("2 ok, 1 failed");
  });

  test("a line that is not UTF-8 fails alone", async () => {
    const stdin = new Uint8Array([0x31, 10, 0x22, 0xff, 0x22, 10, 0x33, 10]);
    const { code, stdout, stderr } = await polyloop(["run", "-e", "x => x"], { stdin });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "1\n3\n" });
    expect(stderr).toMatch(/^line 2: TaskInputError: .*not valid UTF-8/m);
  });

  test("a failure is shown with the user's own file and line", async () => {
    using dir = files();
    const { stderr } = await polyloop(["run", "tasks.ts#odd"], { cwd: dir.path, stdin: "\n2\n" });
    expect(stderr).toMatch(/^line 2: RangeError: even: 2 {2}\(tasks\.ts:7:\d+\)$/m);
  });

  test("a failure in -e is shown as -e, with the column of the user's text", async () => {
    const { stderr } = await polyloop(["run", "-e", "x => x.a.b"], { stdin: "1\n" });
    expect(stderr).toMatch(/^line 1: TypeError: .+ {2}\(-e:1:10\)$/m);
    expect(stderr).not.toContain("data:");
  });

  test("and in a long function too, whose URL Deno shortens", async () => {
    const source = `x => { /* ${"long ".repeat(60)}*/ throw new RangeError("no") }`;
    const { stderr } = await polyloop(["run", "-e", source], { stdin: "1\n" });
    expect(stderr).toContain(`line 1: RangeError: no  (-e:1:${source.indexOf("new") + 1})\n`);
  });

  test("ten failures are shown, the rest counted, in every progress mode", async () => {
    using dir = files();
    for (const progress of ["auto", "plain", "none"]) {
      const args = ["run", "tasks.ts#odd", "--progress", progress];
      const { code, stderr } = await polyloop(args, { cwd: dir.path, stdin: "2\n".repeat(34) });
      expect(stderr.match(/^line /gm)).toHaveLength(10);
      expect(stderr).toContain("… and 24 more (--errors FILE keeps them all)");
      expect(stderr.includes("34 failed")).toBe(progress !== "none");
      expect(code).toBe(1);
    }
  });

  test("--errors keeps each failed input as it was, with line and error", async () => {
    using dir = files();
    const stdin = '1\n\n 2 \n{"half":\n3\n4\n';
    const { code, stderr } = await polyloop(["run", "tasks.ts#odd", "--errors", "bad.jsonl"], {
      cwd: dir.path,
      stdin,
    });
    expect(code).toBe(1);
    expect(stderr).not.toContain("--errors FILE");
    const bad = readFileSync(join(dir.path, "bad.jsonl"), "utf8");
    expect(bad).not.toContain("/lib/worker/");
    const records = bad.trimEnd().split("\n").map((line) => JSON.parse(line));
    expect(Object.keys(records[0])).toEqual(["index", "line", "input", "error", "attempts"]);
    expect(records).toMatchObject([
      { index: 1, line: 3, input: 2, error: { name: "RangeError", message: "even: 2" }, attempts: 1 },
      { index: 2, line: 4, input: '{"half":', error: { name: "TaskInputError" } },
      { index: 4, line: 6, input: 4, error: { name: "RangeError", message: "even: 4" } },
    ]);
  });

  test("a thrown value that is no error is shown and kept", async () => {
    using dir = folder();
    const args = ["run", "-e", "x => { throw x }", "--errors", "bad.jsonl"];
    const { stderr } = await polyloop(args, { cwd: dir.path, stdin: '"plain"\n' });
    expect(stderr).toContain('line 1: threw "plain"');
    expect(JSON.parse(readFileSync(join(dir.path, "bad.jsonl"), "utf8")).error)
      .toEqual({ name: "NonError", message: '"plain"', stack: "" });
  });

  test("--timeout and --grace end a task that never would, and the run goes on", async () => {
    const args = ["run", "-e", "x => { if (x === 2) for (;;); return x }", "-c", "1", "--timeout", "1s"];
    const { code, stdout, stderr } = await polyloop([...args, "--grace", "50ms"], { stdin: "1\n2\n3\n" });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "1\n3\n" });
    expect(stderr).toContain("line 2: TaskTimeoutError");
  });

  test("an endless loop fails alone: those that it blocked run again", async () => {
    const task = "async (x) => { await 0; if (x === 9) for (;;); return x }";
    const args = ["run", "--isolation", "process", "-e", task, "--timeout", "1s", "--grace", "50ms"];
    const inputs = Array.from({ length: 40 }, (_, n) => `${n}\n`);
    const { code, stdout, stderr } = await polyloop(args, { stdin: inputs.join("") });
    expect({ code, stdout }).toEqual({ code: 1, stdout: inputs.filter((line) => line !== "9\n").join("") });
    expect(stderr).toContain("line 10: TaskTimeoutError");
    expect(stderr).toContain("39 ok, 1 failed");
  });

  test("a task that ends its worker fails, the run goes on, exit code 1", async () => {
    const args = ["run", "-e", "x => { if (x === 2) process.exit(0); return 'result ' + x }", "-j", "1"];
    const run = new RunningPolyloop(args);
    run.stdin.write("1\n");
    await run.says("result 1");
    run.stdin.write("2\n");
    await run.says("line 2: WorkerLostError");
    run.stdin.end("3\n");
    expect(await run.ended).toMatchObject({ code: 1, stdout: '"result 1"\n"result 3"\n' });
  });

  test("an input that ends its workers costs its neighbours nothing; --retries tries what throws again", async () => {
    const task = `async (x, { attempt }) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (x === 50) process.exit(3);
      if (x % 10 === 3 && attempt < 3) throw new Error("not yet");
      return x;
    }`;
    const inputs = Array.from({ length: 200 }, (_, i) => i + 1);
    const run = await polyloop(["run", "-e", task, "--retries", "2", "--backoff", "1ms"], {
      stdin: inputs.join("\n"),
    });
    expect(run.stdout).toBe(inputs.filter((x) => x !== 50).map((x) => `${x}\n`).join(""));
    expect(run.stderr).toMatch(/line 50: WorkerLostError: .*process\.exit\(3\); this task was alone on it/);
    expect(run.code).toBe(1);
  });

  test("what a terminal would obey in a message is not shown to it", async () => {
    using dir = folder();
    const task = `() => { throw new Error("one\\u001b[2J\\u0007\\r\\ntwo") }`;
    const { stderr } = await polyloop(["run", "--journal", "j", "-e", task], { stdin: "1\n", cwd: dir.path });
    expect(stderr).toContain("line 1: Error: one [2J   (-e:1:");
    const { stdout } = await polyloop(["status", "j"], { cwd: dir.path });
    expect(stdout).toContain("1 × Error: one [2J   (line 1 first)");
  });

  test("the summary counts the retries by cause, and so do --stats and --progress json", async () => {
    using dir = folder({});
    const task = `(x, { attempt }) => {
      if (attempt === 1) throw new Error("HTTP " + (500 + x));
      if (attempt === 2 && x === 1) throw new TypeError("no answer", { cause: "reset" });
      return x;
    }`;
    const args = ["run", "-e", task, "--retries", "2", "--backoff", "1ms", "-j", "1", "-c", "1"];
    const { stderr } = await polyloop([...args, "--stats", "s.json"], {
      stdin: "1\n2\n3\n",
      cwd: dir.path,
    });
    expect(stderr).toMatch(
      /: all ok, 4 retries\n(.*\n)? {2}retries: 3 like Error: HTTP 501\n {4}1 × TypeError: no answer: reset\n$/,
    );
    const { retries, retryCauses, otherRetries } = JSON.parse(readFileSync(join(dir.path, "s.json"), "utf8"));
    expect({ retries, otherRetries, counts: retryCauses.map(({ count }: { count: number }) => count) })
      .toEqual({ retries: 4, otherRetries: 0, counts: [3, 1] });
    expect(retryCauses[0]).toMatchObject({ name: "Error", message: "HTTP 501" });
    expect(retryCauses[1]).toMatchObject({ name: "TypeError", message: "no answer: reset" });
    const json = await polyloop([...args, "--progress", "json"], { stdin: "1\n", cwd: dir.path });
    const [kinds] = json.stderr.split("\n").filter((line) => line.startsWith('{"type":"retries"'));
    expect(JSON.parse(kinds)).toMatchObject({ kinds: [{ count: 1 }, { count: 1 }], others: 0 });
  });

  test("the summary counts the retries", async () => {
    const task = `(x, { attempt }) => { if (attempt < x) throw new Error("not yet"); return x; }`;
    const args = ["run", "-e", task, "--retries", "2", "--backoff", "1ms"];
    expect((await polyloop(args, { stdin: "1\n2\n3\n" })).stderr).toMatch(/: all ok, 3 retries\n/);
    expect((await polyloop(args, { stdin: "1\n2\n4\n" })).stderr).toMatch(/2 ok, 1 failed, 3 retries[.\n]/);
    expect((await polyloop(args, { stdin: "2\n" })).stderr).toMatch(/, 1 retry[.\n]/);
    expect((await polyloop(args, { stdin: "1\n" })).stderr).not.toContain("retr");
  });

  test("a task in this thread that ends the process does not pass for success", async () => {
    using dir = folder();
    const task = "x => { if (x === 2) process.exit(0); return x }";
    const args = ["run", "-A", "--isolation", "none", "--journal", "j", "-e", task];
    const { code, stderr } = await polyloop(args, { stdin: "1\n2\n3\n", cwd: dir.path });
    expect(code).toBe(4);
    expect(stderr).toContain("a task ended the process");
    expect(stderr).toContain("to go on: polyloop resume j < FILE\n");
  });
});

describe("polyloop run: refused before anything runs", () => {
  test.each([
    [["-e", "x => x", "-j", "0"], '--workers: expected a whole number of at least 1, got "0"'],
    [["-e", "x => x", "-c", "x"], '--concurrency: expected a whole number of at least 1, or auto, got "x"'],
    [["-e", "x => x", "--timeout", "soon"], "--timeout: expected a duration"],
    [["-e", "x => x", "--rate", "3"], "--rate: expected a number of starts per interval"],
    [["gone.ts"], "Cannot load gone.ts: no such file"],
    [["tasks.ts"], "tasks.ts has no default export to run; name one of its functions: tasks.ts#double"],
    [["tasks.ts#nope"], 'tasks.ts exports no function "nope"; it has double, '],
    // Node does not say where.
    [
      ["broken.ts"],
      `Cannot load broken.ts: SyntaxError: Expression expected${isDeno ? "  (broken.ts:1:" : ""}`,
    ],
    [["throws.ts"], "Cannot load throws.ts: TypeError: "],
    [["throws.ts"], "(throws.ts:2:26)"],
    [
      ["needs.ts"],
      `Cannot load needs.ts: ${isDeno ? 'Module not found "gone.ts"  (needs.ts:1:8)' : "Cannot find module"}`,
    ],
    [["setup.ts"], "setup() of setup.ts failed: RangeError: no database  (setup.ts:1:"],
    [["-e", "x => x +"], "Cannot load -e: SyntaxError: "],
    [
      ["-e", "x * 2"],
      "Cannot load -e: ReferenceError: x is not defined  (-e:1:1). -e takes one function, such as ",
    ],
    [["-e", "42"], "-e: expected a function"],
    [["tasks.ts#double", "-i", "gone.jsonl"], "Cannot read gone.jsonl: no such file"],
    [["tasks.ts#double", "-i", "."], "Cannot read .: it is a folder"],
    [
      ["tasks.ts#double", "-o", "no/where.jsonl"],
      "--output: cannot write to no/where.jsonl: no such folder: no",
    ],
    [["tasks.ts#double", "-o", "."], "--output: cannot write to .: it is a folder"],
    [["tasks.ts#double", "--errors", "no/where"], "--errors: cannot write to no/where: no such folder: no"],
    [["tasks.ts#double", "-i", "in.jsonl", "-o", "./in.jsonl"], "--output: ./in.jsonl is the input file"],
    [["tasks.ts#double", "-i", "in.jsonl", "--errors", "in.jsonl"], "--errors: in.jsonl is the input file"],
    [["tasks.ts#double", "-o", "same", "--errors", "./same"], "--errors: ./same is the output file"],
    [["--dry-run", "tasks.ts#double", "-o", "no/where"], "--output: cannot write to no/where"],
    [
      ["tasks.ts#double", "-o", "tasks.ts/x"],
      "--output: cannot write to tasks.ts/x: a part of the path is not a folder",
    ],
    [
      ["tasks.ts#double", "--journal", "tasks.ts/j"],
      "--journal: cannot write to tasks.ts/j: no such folder: tasks.ts",
    ],
  ])("%j: %s", async (args, message) => {
    using dir = folder({
      "tasks.ts": TASKS,
      "broken.ts": "export default (x) => x +;\n",
      "throws.ts": "const nothing = null as any;\nexport const x = nothing.y;\n",
      "needs.ts": 'import "./gone.ts";\n',
      "setup.ts":
        'export function setup() { throw new RangeError("no database"); }\nexport default () => 1;\n',
      "in.jsonl": "1\n",
    });
    expect(await refused(args, { cwd: dir.path, stdin: "1\n" })).toContain(message);
    expect(readFileSync(join(dir.path, "in.jsonl"), "utf8")).toBe("1\n");
  });

  test("an output is not emptied when another check fails", async () => {
    using dir = folder({ "tasks.ts": TASKS, "out.jsonl": "precious\n" });
    await refused(["tasks.ts#double", "-o", "out.jsonl", "--errors", "no/where"], { cwd: dir.path });
    expect(readFileSync(join(dir.path, "out.jsonl"), "utf8")).toBe("precious\n");
  });
});

test("a teardown that fails is one line at the end, and changes neither results nor exit code", async () => {
  const source =
    'export default (n) => n * 2;\nexport function teardown() { throw new RangeError("stuck"); }\n';
  using dir = folder({ "t.js": source });
  const args = ["run", "t.js", "-A", "--isolation", "none", "-j", "1", "--progress", "plain"];
  const { code, stdout, stderr } = await polyloop(args, { cwd: dir.path, stdin: "1\n2\n" });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "2\n4\n" });
  expect(stderr).toMatch(
    /^polyloop: teardown\(\) of t\.js failed: RangeError: stuck {2}\(t\.js:2:\d+\) \(results and exit code stay the same\)\n✓ .*\n {2}.*p50 .*\n$/,
  );
});

describe("polyloop run --dry-run", () => {
  const MODULE =
    'export function setup() { console.log("set up"); }\nexport default () => console.log("ran");\n';

  test("reads all input, runs nothing, writes nothing, and says what it found", async () => {
    using dir = folder({ "t.ts": MODULE, "out.jsonl": "precious\n" });
    const args = ["run", "--dry-run", "t.ts", "-o", "out.jsonl", "--errors", "bad.jsonl"];
    const { code, stdout, stderr } = await polyloop(args, { cwd: dir.path, stdin: "1\n2\n" });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr.trimEnd().split("\n").filter((line) => !line.startsWith("  "))).toEqual([
      "ok: t.ts exports default",
      "ok: the options, and where each comes from:",
      "ok: 2 inputs in stdin, all valid JSON",
      "ok: results would go to out.jsonl; nothing was run or written",
    ]);
    expect(readFileSync(join(dir.path, "out.jsonl"), "utf8")).toBe("precious\n");
    expect(readdirSync(dir.path).sort()).toEqual(["out.jsonl", "t.ts"]);
  });

  test("names the first broken lines and exits with 2", async () => {
    using dir = folder({ "t.ts": MODULE });
    const stdin = "1\n\n" + "{\n".repeat(12);
    const { code, stdout, stderr } = await polyloop(["run", "--dry-run", "t.ts"], { cwd: dir.path, stdin });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.match(/^line \d+/gm)).toEqual(
      Array.from({ length: 10 }, (_, index) => `line ${index + 3}`),
    );
    expect(stderr).toContain("… and 2 more");
    expect(stderr).toContain("polyloop: 12 broken lines among 13 inputs in stdin");
  });
});

test("a run whose stdout is its own input, or its journal, is refused", () => {
  using dir = folder({ "in.jsonl": "1\n2\n" });
  const inShell = (end: string) => {
    const command = `${SHELL_COMMAND} run -A -e 'n => n' -i in.jsonl ${end}`;
    const { status, stderr } = startSync("sh", ["-c", command], { cwd: dir.path });
    return `${status} ${stderr}`;
  };
  expect(inShell(">> in.jsonl")).toBe("2 polyloop: stdout is the input file. Writing would destroy it\n");
  expect(inShell("--journal j > j")).toBe("2 polyloop: --journal: j is the output file\n");
  expect(readFileSync(join(dir.path, "in.jsonl"), "utf8")).toBe("1\n2\n");
});

describe("polyloop run: stopped early", () => {
  test("the first SIGINT lets running tasks finish, writes their results and exits with 130", async () => {
    using dir = files();
    const until = join(dir.path, "go");
    const run = new RunningPolyloop(["run", "tasks.ts#held", "-A", "-j", "1", "-c", "2"], { cwd: dir.path });
    run.stdin.write(lines({ n: 0, until }, { n: 1, until }));
    await run.says("started 1");
    run.signal("SIGINT");
    await run.says("polyloop: stopping; 2 tasks still run (the same signal again aborts them)\n");
    writeFileSync(until, "");
    const { code, stdout, stderr } = await run.ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "0\n1\n" });
    expect(stderr).toContain("✗ 2 inputs in");
    expect(stderr).toContain("the rest of the input not read");
  });

  test("SIGINT while stdin is silent ends the run", async () => {
    const run = new RunningPolyloop(["run", "-e", "n => 'result ' + n"]);
    run.stdin.write("1\n");
    await run.says("result 1");
    run.signal("SIGINT");
    expect(await run.ended).toMatchObject({ code: 130, stdout: '"result 1"\n' });
  });

  test("inputs that were read and not run are counted", async () => {
    using dir = files();
    const until = join(dir.path, "go");
    const inputs = Array.from({ length: 500 }, (_, n) => ({ n, until }));
    const run = new RunningPolyloop(["run", "tasks.ts#held", "-A", "-j", "1", "-c", "1"], { cwd: dir.path });
    run.stdin.end(lines(...inputs));
    await run.says("started 0");
    run.signal("SIGINT");
    await run.says("stopping");
    writeFileSync(until, "");
    const { code, stdout, stderr } = await run.ended;
    const done = stdout.split("\n").length - 1;
    expect(code).toBe(130);
    expect(stdout).toBe(range(done));
    expect(stderr).toMatch(
      new RegExp(`✗ ${done} inputs? in .*; \\d+ not run`),
    );
  });

  test("the second SIGINT aborts the tasks' signals and waits for them", async () => {
    using dir = files();
    const run = new RunningPolyloop(["run", "tasks.ts#polite", "-j", "1"], { cwd: dir.path });
    run.stdin.write("1\n2\n");
    await run.says("started 2");
    run.signal("SIGINT");
    await run.says("stopping");
    await run.signalAgain("SIGINT");
    const { code, stdout, stderr } = await run.ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(stderr).toContain("tidied up 1\n");
    expect(stderr).toContain("tidied up 2\n");
    expect(stderr).toContain("2 not run to the end");
    expect(stderr).not.toContain("line 1:");
  });

  test("the third SIGINT leaves at once, endless loops or not", async () => {
    using dir = files();
    const run = new RunningPolyloop(["run", "tasks.ts#spin", "-j", "1", "--grace", "1h"], { cwd: dir.path });
    run.stdin.write("1\n");
    await run.says("started 1");
    run.signal("SIGINT");
    await run.says("stopping; 1 task still runs (the same signal again aborts it)");
    await run.signalAgain("SIGINT");
    await run.says("aborting");
    await run.signalAgain("SIGINT");
    expect((await run.ended).code).toBe(130);
  });

  test("SIGTERM stops like SIGINT and exits with 143", async () => {
    using dir = files();
    const run = new RunningPolyloop(["run", "tasks.ts#polite", "-j", "1"], { cwd: dir.path });
    run.stdin.write("1\n");
    await run.says("started 1");
    run.signal("SIGTERM");
    await run.says("stopping");
    await run.signalAgain("SIGTERM");
    expect((await run.ended).code).toBe(143);
  });

  test("a closed stdout ends the run at once with nothing on stderr", async () => {
    const command = `yes 1 | ${SHELL_COMMAND} run -e 'x => x' | head -1; ` +
      'echo "${PIPESTATUS[1]}"';
    const shell = spawn("bash", ["-c", command]);
    let stdout = "", stderr = "";
    shell.stdout.on("data", (data) => stdout += data);
    shell.stderr.on("data", (data) => stderr += data);
    await new Promise((resolve) => shell.on("close", resolve));
    expect({ stdout, stderr }).toEqual({ stdout: "1\n4\n", stderr: "" });
  });

  test("a full disk is one line and exit code 4", async () => {
    const { code, stderr } = await polyloop(["run", "-e", "x => x", "-o", "/dev/full"], { stdin: "1\n" });
    expect(code).toBe(4);
    expect(stderr).toContain("polyloop: Cannot write to /dev/full: no space left on the device\n");
  });
});

describe("polyloop run: progress", () => {
  test("--progress plain prints a line every two seconds", async () => {
    using dir = files();
    const run = new RunningPolyloop(["run", "tasks.ts#wait", "--progress", "plain"], { cwd: dir.path });
    run.stdin.write("1\n");
    await run.says("0 inputs in ");
    // As a key that is held down.
    const again = setInterval(() => run.signal("SIGINT"), 20);
    expect(inShell(run, (await run.ended).code)).toBe(130);
    clearInterval(again);
  });
});
