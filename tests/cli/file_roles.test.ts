/** No file is written that is read, and none for two things: whichever flag names it, and whatever link leads there. */
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { startSync } from "../program.ts";
import { polyloop } from "./one_process.ts";
import { folder, SHELL_COMMAND } from "./polyloop.ts";

const INPUT = "1\n2\n";

/** What a run reads and must not write, by the path that leads there. */
function home() {
  const dir = folder({
    "t.mjs": `import { one } from "./helper.mjs";\nexport default (x) => x * one;\n`,
    "helper.mjs": "export const one = 1;\n",
    "in.jsonl": INPUT,
    "more.jsonl": "3\n",
    "c.json": '{"workers": 1}',
    "polyloop.json": '{"workers": 1}',
    "results": "results\n",
  });
  for (const name of ["in.jsonl", "t.mjs", "helper.mjs", "c.json", "results"]) {
    symlinkSync(name, join(dir.path, `soft-${name}`));
    linkSync(join(dir.path, name), join(dir.path, `hard-${name}`));
  }
  symlinkSync("not-there-yet", join(dir.path, "soft-new"));
  mkdirSync(join(dir.path, "real"));
  symlinkSync("real", join(dir.path, "alias"));
  const contents = () =>
    Object.fromEntries(
      readdirSync(dir.path, { withFileTypes: true }).filter((entry) => entry.isFile())
        .map(({ name }) => [name, readFileSync(join(dir.path, name), "utf8")]),
    );
  return { ...dir, contents };
}

const READ: [path: string, what: string][] = [
  ["in.jsonl", "the input file"],
  ["./soft-in.jsonl", "the input file"],
  ["hard-in.jsonl", "the input file"],
  ["more.jsonl", "the input file"],
  ["t.mjs", "the module"],
  ["soft-t.mjs", "the module"],
  ["hard-helper.mjs", "a file that the module imports"],
];

/** Every path for one flag, and for the others those that take the longest way. */
const REFUSED = [
  ...READ.map(([path, what]) => ["--output", path, what]),
  ...["--errors", "--journal", "--report", "--trace", "--stats"].flatMap((flag) =>
    READ.filter(([path]) => /soft-in|hard-helper/.test(path)).map(([path, what]) => [flag, path, what])
  ),
];

describe("an output that is read is refused", () => {
  test.each(REFUSED)("%s %s: it is %s", async (flag, path, what) => {
    using dir = home();
    const before = dir.contents();
    const args = ["run", "t.mjs", "-i", "in.jsonl", "-i", "more.jsonl", flag, path];
    for (const dry of path === "hard-in.jsonl" ? [[], ["--dry-run"]] : [[]]) {
      const { code, stdout, stderr } = await polyloop([...args, ...dry], { cwd: dir.path });
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(`polyloop: ${flag}: ${path} is ${what}`);
    }
    expect(dir.contents()).toEqual(before);
  });
});

// What may be written is the system's to say: it refuses a superuser no file, whatever its mode.
test.skipIf(process.getuid?.() !== 0)(
  "a superuser writes files that are read-only, in folders that are",
  async () => {
    using dir = folder({ "in.jsonl": INPUT });
    const locked = join(dir.path, "locked");
    mkdirSync(locked);
    writeFileSync(join(locked, "out"), "old\n", { mode: 0o444 });
    chmodSync(locked, 0o555);
    const flags = ["-o", "locked/out", "--errors", "locked/e", "--report", "locked/r", "--stats", "locked/s"];
    const args = ["run", "-e", "x => x", "-i", "in.jsonl", "--progress", "none", ...flags];
    const checked = await polyloop([...args, "--dry-run"], { cwd: dir.path });
    expect(checked.code, checked.stderr).toBe(0);
    expect(readdirSync(locked)).toEqual(["out"]);
    expect(readFileSync(join(locked, "out"), "utf8")).toBe("old\n");
    expect(await polyloop(args, { cwd: dir.path })).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(readFileSync(join(locked, "out"), "utf8")).toBe(INPUT);
    expect(readdirSync(locked).sort()).toEqual(["e", "out", "r", "s"]);
  },
);

describe("two outputs in one file are refused", () => {
  test.each<[flags: string[], message: string]>([
    [["-o", "new", "--errors", "./new"], "--errors: ./new is the output file. Failed inputs need"],
    [["-o", "results", "--errors", "hard-results"], "--errors: hard-results is the output file"],
    [["-o", "soft-new", "--stats", "not-there-yet"], "--stats: not-there-yet is the output file"],
    [["-o", "real/x", "--trace", "alias/x"], "--trace: alias/x is the output file"],
    [["--journal", "soft-new", "-o", "not-there-yet"], "--journal: soft-new is the output file"],
    [["--journal", "j", "-o", "j-wal"], "--journal: "],
    [["--journal", "alias/j", "--errors", "real/j-lock"], "--journal: "],
    [["--journal", "j", "--report", "j-shm"], "--report: j-shm is a file of the journal"],
    [["--report", "r", "--stats", "r"], "--stats: r is the file of --report"],
    [["--config", "c.json", "-o", "soft-c.json"], "--output: soft-c.json is the config"],
    [["--errors", "polyloop.json"], "--errors: polyloop.json is the config"],
  ])("%j", async (flags, message) => {
    using dir = home();
    const before = dir.contents();
    const { code, stderr } = await polyloop(["run", "t.mjs", "-i", "in.jsonl", ...flags], { cwd: dir.path });
    expect(code).toBe(2);
    expect(stderr).toContain(`polyloop: ${message}`);
    expect(dir.contents()).toEqual(before);
    expect(readdirSync(join(dir.path, "real"))).toEqual([]);
  });

  test.each<[end: string, result: string | RegExp]>([
    [
      "-o in.jsonl < in.jsonl",
      "2 polyloop: --output: in.jsonl is the input file. Writing would destroy it\n",
    ],
    ["--errors hard-in.jsonl < soft-in.jsonl", /^2 .*--errors: hard-in.jsonl is the input file/],
    ["-i more.jsonl -o in.jsonl < in.jsonl", /^2 .*--output: in.jsonl is the file on stdin/],
    [">> in.jsonl < in.jsonl", "2 polyloop: stdout is the input file. Writing would destroy it\n"],
    ["< in.jsonl --errors both > both", /^2 .*--errors: both is the output file/],
    ["< in.jsonl --stats both > both", /^2 .*--stats: both is the output file/],
    ["< in.jsonl --errors log 2> log; cat log", /^2 .*--errors: log is the file that stderr writes to/],
    ["< in.jsonl -o log 2> log; cat log", /^2 .*--output: log is the file that stderr writes to/],
    // Both are what a shell was asked for, or devices.
    ["< in.jsonl > log 2>&1; cat log", /^0 1\n2\n/],
    ["< in.jsonl -o /dev/null --errors /dev/null --stats /dev/null 2>/dev/null", "0 "],
    ["< in.jsonl --errors /dev/stderr 2>&1 | cat", /^0 1\n2\n/],
    ["< in.jsonl -o /dev/stdout | cat", /^0 1\n2\n/],
  ])("by the shell: %s", (end, result) => {
    using dir = home();
    const script = `${SHELL_COMMAND} run -e 'x => x' ${end.replace(/;|$/, "; code=$?;")}\necho "code $code"`;
    writeFileSync(join(dir.path, "script"), script);
    const { stdout, stderr } = startSync("sh", ["script"], { cwd: dir.path });
    const code = /code (\d+)\n$/.exec(stdout)![1];
    const said = `${code} ${stdout.replace(/code \d+\n$/, "")}${stderr}`;
    if (typeof result === "string") expect(said).toBe(result);
    else expect(said).toMatch(result);
    expect(readFileSync(join(dir.path, "in.jsonl"), "utf8")).toBe(INPUT);
  });
});

test("messages do not become inputs", () => {
  using dir = folder({
    "in.jsonl": INPUT,
    script: `${SHELL_COMMAND} run -e 'x => y' -i in.jsonl 2>> in.jsonl`,
  });
  expect(startSync("sh", ["script"], { cwd: dir.path })).toMatchObject({ status: 2, stdout: "" });
  expect(readFileSync(join(dir.path, "in.jsonl"), "utf8"))
    .toBe(`${INPUT}polyloop: stderr is the input file. Messages would become inputs\n`);
});

describe.skipIf(process.platform !== "linux")("a file that feeds the run by a pipe", () => {
  const FAILED = (count: number) =>
    Array.from({ length: count }, (_, n) => `{"index":${n},"input":${n}}\n`).join("");
  const PRINT = `sed 's/.*"input":\\([0-9]*\\).*/\\1/'`;
  const RUN =
    `${SHELL_COMMAND} run -e 'n => { throw new Error("no") }' --errors failed.jsonl --progress none`;

  /** More than fits into pipes, so that its reader still reads. */
  const MANY = 400_000;

  test.each<[name: string, script: string, reader: string]>([
    ["is not emptied while it is read", `${PRINT} failed.jsonl | ${RUN}`, "sed"],
    ["nor by a program further up", `cat failed.jsonl | ${PRINT} | ${RUN}`, "cat"],
    ["nor by one that begins late", `(sleep 1; exec cat failed.jsonl) | ${PRINT} | ${RUN}`, "cat"],
    ["nor under another name", `ln failed.jsonl other; cat other | ${PRINT} | ${RUN}`, "cat"],
  ])("%s", (_, script, reader) => {
    using dir = folder({ "failed.jsonl": FAILED(MANY), script });
    const { status, stderr } = startSync("sh", ["script"], { cwd: dir.path });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr:
        `polyloop: --errors: failed.jsonl is still being read by ${reader}, which writes the inputs to stdin. ` +
        "Writing would destroy it: choose another file\n",
    });
    expect(readFileSync(join(dir.path, "failed.jsonl"), "utf8")).toBe(FAILED(MANY));
  });

  test("is written anew once all of it was read", () => {
    using dir = folder({ "failed.jsonl": FAILED(3), script: `${PRINT} failed.jsonl | ${RUN}` });
    const { status } = startSync("sh", ["script"], { cwd: dir.path });
    const lines = readFileSync(join(dir.path, "failed.jsonl"), "utf8").trim().split("\n");
    expect({ status, inputs: lines.map((line) => JSON.parse(line).input) }).toEqual({
      status: 1,
      inputs: [0, 1, 2],
    });
  });
});

describe("of a journal that is there", () => {
  test.each<[args: string[], message: string]>([
    [["resume", "j", "-o", "hard-in.jsonl"], "--output: /hard-in.jsonl is the input file"],
    [["resume", "j", "-o", "t.mjs"], "--output: /t.mjs is the module"],
    [["resume", "j", "--errors", "results"], "--errors: /results is the output file"],
    [["resume", "j", "--stats", "j"], "--stats: /j is the journal"],
    [["resume", "j", "--trace", "hard-j"], "--trace: /hard-j is the journal"],
    [["status", "j", "--report", "hard-j"], "--report: hard-j is the journal"],
    [["status", "j", "--report", "j-lock"], "--report: j-lock is a file of the journal"],
    [["status", "j", "--report", "results"], "--report: results is the output file"],
    [["status", "j", "--report", "soft-in.jsonl"], "--report: soft-in.jsonl is the input file"],
    [["status", "j", "--report", "helper.mjs"], "--report: helper.mjs is a file that the module imports"],
  ])("%j is refused", async (args, message) => {
    using dir = home();
    const run = ["run", "t.mjs", "-i", "in.jsonl", "-o", "results", "--journal", "j"];
    expect(await polyloop(run, { cwd: dir.path })).toMatchObject({ code: 0 });
    linkSync(join(dir.path, "j"), join(dir.path, "hard-j"));
    const results = () => ["in.jsonl", "t.mjs", "helper.mjs", "results"].map((name) => dir.contents()[name]);
    const before = results();
    const { code, stdout, stderr } = await polyloop(args, { cwd: dir.path });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.replace(dir.path, "")).toContain(`polyloop: ${message}`);
    expect(results()).toEqual(before);
    const status = await polyloop(["status", "j"], { cwd: dir.path });
    expect(status.stdout).toContain("2 inputs done, 2 ok");
  });
});
