/** Text that is not ours reaches the terminal with nothing in it that a terminal obeys: a table of the doors it comes by. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { visible, visibleLine } from "../../lib/cli/progress/visible.ts";
import { quoted } from "../../lib/cli/progress/quoted.ts";
import { startSync } from "../program.ts";
import { polyloop } from "./one_process.ts";
import { folder, SHELL_COMMAND } from "./polyloop.ts";
import { hasTmux, Screen } from "./screen.ts";

/** A colour, a title, a C1 control, a return to the line's start, a turn of direction, and a line of its own. */
const EVIL = "a\x1b[31m\x1b]0;t\x07\u009b2J\r\u202eb\nc";

/** The same where the text cannot hold a newline. */
const EVIL_LINE = EVIL.replace("\n", "");

// deno-lint-ignore no-control-regex -- what must not be there
const OBEYED = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

const TASKS = `
export const ok = (x) => x;
export const named = () => { const error = new Error(${JSON.stringify(EVIL)}); error.name = ${
  JSON.stringify(EVIL)
}; throw error; };
export const text = () => { throw ${JSON.stringify(EVIL)}; };
`;

/** A folder that has files with such names. */
function evilFolder() {
  const dir = folder({
    "t.mjs": TASKS,
    [`${EVIL}.mjs`]: TASKS,
    [`throws${EVIL}.mjs`]: `throw new Error(${JSON.stringify(EVIL)});`,
    "setup.mjs": `export const setup = () => { throw new Error(${JSON.stringify(EVIL)}); };
      export default () => 1;`,
    "teardown.mjs": `export const teardown = () => { throw new Error(${JSON.stringify(EVIL)}); };
      export default () => 1;`,
    "in.jsonl": "1\n2\n",
    [`${EVIL}.jsonl`]: "1\nnonsense\n",
    "key.json": JSON.stringify({ [EVIL]: 1 }),
    "value.json": JSON.stringify({ isolation: EVIL, module: "t.mjs#ok" }),
    [`${EVIL}.json`]: "{",
    [`taken${EVIL}.json`]: '{"module": "t.mjs#ok", "concurrency": 2}',
  });
  mkdirSync(join(dir.path, `folder${EVIL}`));
  writeFileSync(join(dir.path, `folder${EVIL}`, "polyloop.json"), '{"allowAll": true, "workers": 1}');
  writeFileSync(join(dir.path, `folder${EVIL}`, "t.mjs"), TASKS);
  return dir;
}

const run = (...args: string[]) => ["run", "t.mjs#ok", "-i", "in.jsonl", ...args];

describe("polyloop prints nothing that a terminal obeys", () => {
  test.each<[door: string, args: string[]]>([
    ["a command", [EVIL]],
    ["an option", ["run", `--${EVIL}`]],
    ["an option near another", ["run", `--timeou${EVIL_LINE}`]],
    ["a short option", ["run", "-\x1b"]],
    ["an argument too many", ["run", "t.mjs", EVIL]],
    ["a topic", ["help", EVIL]],
    ["a shell", ["completions", EVIL]],
    ["a choice", ["init", "--task", EVIL]],
    ["a folder to begin in", ["init", `folder${EVIL}`]],
    ["a number", run("-j", EVIL)],
    ["a duration", run("--timeout", EVIL)],
    ["a format", run("--from", EVIL)],
    ["a permission", run(`--allow-${EVIL}`)],
    ["a queue", run("--queue", EVIL)],
    ["a broker", run("--redis", `redis://${EVIL}`)],
    ["a rate", run("--rate", EVIL)],
    ["a field", run("--limit-per", `${EVIL}=1`)],
    ["a module that is not there", ["run", `gone${EVIL}.ts`]],
    ["a module that throws", ["run", `throws${EVIL}.mjs`]],
    ["a module", ["run", `${EVIL}.mjs`]],
    ["an export", ["run", `t.mjs#${EVIL}`]],
    ["a schema", run(`--schema=${EVIL}`)],
    ["a source", ["run", "-e", `x => x +${EVIL}`]],
    ["setup()", ["run", "setup.mjs", "-i", "in.jsonl"]],
    ["teardown()", ["run", "teardown.mjs", "-i", "in.jsonl"]],
    ["a module's name, in a dry run", ["run", `${EVIL}.mjs#ok`, "-i", "in.jsonl", "--dry-run"]],
    ["an output, in a dry run", run("--dry-run", "-o", `${EVIL}.out`)],
    ["an input that is not there", ["run", "t.mjs#ok", "-i", `gone${EVIL}`]],
    ["inputs that are not valid", ["run", "t.mjs#ok", "-i", `${EVIL}.jsonl`, "-i", "in.jsonl"]],
    ["an output's folder", run("-o", `gone${EVIL}/out`)],
    ["a report's folder", run("--report", `gone${EVIL}/out`)],
    ["a file of errors, in the summary", [
      "run",
      "t.mjs#named",
      "-i",
      "in.jsonl",
      "--errors",
      `${EVIL}.errors`,
    ]],
    ["an error's name and message", ["run", "t.mjs#named", "-i", "in.jsonl"]],
    ["a text that is thrown", ["run", "t.mjs#text", "-i", "in.jsonl"]],
    ["a config that is not there", run("--config", `gone${EVIL}`)],
    ["a config that is no JSON", run("--config", `${EVIL}.json`)],
    ["a config that is taken", ["run", "-i", "in.jsonl", "--config", `taken${EVIL}.json`]],
    ["a config that is found", ["run", `folder${EVIL}/t.mjs#ok`, "-i", "in.jsonl"]],
    ["a config's key", run("--config", "key.json")],
    ["a config's value", run("--config", "value.json")],
    ["a journal that is not there", ["resume", `gone${EVIL}`]],
    ["a journal that is not there, asked for its status", ["status", `gone${EVIL}`]],
    ["a journal, kept of a run with failures", [
      "run",
      "t.mjs#named",
      "-i",
      "in.jsonl",
      "--journal",
      `${EVIL}.sqlite`,
      "--halt",
      "1",
      "-j",
      "1",
      "-c",
      "1",
    ]],
    ["a task, in bench", ["bench", `${EVIL}.mjs#named`, "-i", `${EVIL}.jsonl`, "--for", "50ms"]],
  ])("of %s", async (_, args) => {
    using dir = evilFolder();
    const { code, stdout, stderr } = await polyloop(args, { cwd: dir.path });
    expect(code).not.toBe(null);
    expect(stdout + stderr).not.toMatch(OBEYED);
    // What follows the newline in a name does not stand where our lines begin.
    expect(stderr).not.toMatch(/^c/m);
  });

  test("of a journal's name, module and errors; and the command to go on works in bash", async () => {
    using dir = evilFolder();
    const journal = `${EVIL_LINE} '\\.sqlite`;
    const args = ["run", `${EVIL_LINE}.mjs#named`, "-i", "in.jsonl", "--journal", journal, "--halt", "1"];
    writeFileSync(join(dir.path, `${EVIL_LINE}.mjs`), TASKS);
    const begun = await polyloop([...args, "-j", "1", "-c", "1"], { cwd: dir.path });
    const shown = await polyloop(["status", journal], { cwd: dir.path });
    const json = await polyloop(["status", journal, "--json"], { cwd: dir.path });
    const goOn = /^polyloop: to go on: polyloop (resume .*)$/m.exec(begun.stderr)![1];
    for (const { stdout, stderr } of [begun, shown, json]) expect(stdout + stderr).not.toMatch(OBEYED);
    expect(JSON.parse(json.stdout).errors[0].name).toBe(EVIL);
    // From a file: Deno rewrites a command of bash -c that names Deno.
    writeFileSync(join(dir.path, "go-on"), `${SHELL_COMMAND} ${goOn}\n`);
    const resumed = startSync("bash", ["go-on"], { cwd: dir.path });
    expect(resumed.stderr).toContain("1 done before");
  });
});

describe.skipIf(!hasTmux)("on a terminal", () => {
  test("a summary is coloured, and the name in it is not", async () => {
    using dir = evilFolder();
    writeFileSync(join(dir.path, "x\x1b[32m.mjs"), TASKS);
    const command = `${SHELL_COMMAND} run -A $'x\\e[32m.mjs#text' -i in.jsonl --errors $'e\\e[32m'`;
    writeFileSync(join(dir.path, "script"), `${command}\necho "code $?"\n`);
    using screen = new Screen("bash script", { cwd: dir.path, columns: 120, env: { NO_COLOR: "" } });
    await screen.shows(/code 1/);
    const text = screen.text({ colors: true });
    expect(text).toContain("\x1b[31m✗");
    expect(text).toContain("failures: e\\u001b[32m");
    expect(text).not.toContain("\x1b[32m");
  });
});

test("visible() writes out what is obeyed, and leaves JSON what it was", () => {
  expect(visible("a\tb\n\x1b[0m\u009b")).toBe("a\tb\n\\u001b[0m\\u009b");
  expect(visibleLine("a\nb")).toBe("a\\nb");
  const value = { [EVIL]: [EVIL, "é日本👍"] };
  expect(JSON.parse(visible(JSON.stringify(value)))).toEqual(value);
});

test.each([
  ["run.sqlite", "run.sqlite"],
  ["C:\\data\\run.sqlite", "C:\\data\\run.sqlite"],
  ["my run.sqlite", '"my run.sqlite"'],
  ["C:\\my dir\\", '"C:\\my dir\\\\"'],
  ['x => x + "a\\"', '"x => x + \\"a\\\\\\""'],
  ["it's", '"it\'s"'],
  ["", '""'],
])("on Windows, quoted() of %s gives %s, for cmd.exe and PowerShell", (word, text) => {
  const platform = Object.getOwnPropertyDescriptor(process, "platform")!;
  Object.defineProperty(process, "platform", { value: "win32", configurable: true });
  try {
    expect(quoted(word)).toBe(text);
  } finally {
    Object.defineProperty(process, "platform", platform);
  }
});

test("quoted() gives a word that bash reads as it was", () => {
  for (const word of ["a", "a b", "it's", EVIL, `\\'${EVIL}"$HOME`, "#a", "~", "-x", "", "é\x1b日"]) {
    const { stdout } = startSync("bash", ["-c", `printf %s ${quoted(word)}`], { env: { LC_ALL: "C.UTF-8" } });
    expect(stdout).toBe(word);
  }
});
