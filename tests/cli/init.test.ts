/** `polyloop init`: what it writes runs; its questions are asked on a real terminal, which tmux plays. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { isDeno, startSync } from "../program.ts";
import { polyloop } from "./one_process.ts";
import { folder, SHELL_COMMAND } from "./polyloop.ts";
import { hasTmux, Screen } from "./screen.ts";

describe("polyloop init", () => {
  test.each([
    ["fetch", "jsonl"],
    ["fetch", "lines"],
    ["compute", "jsonl"],
    ["compute", "lines"],
  ])("--task %s --from %s writes what runs at once, with ten results", async (task, from) => {
    using dir = folder();
    const made = await polyloop(["init", "new/one", "--task", task, "--from", from], { cwd: dir.path });
    expect(made).toMatchObject({ code: 0, stderr: "" });
    const grants = task === "fetch" && isDeno;
    expect(made.stdout).toMatch(new RegExp(`cd new/one && polyloop run${grants ? " -P" : ""}\n$`));
    const cwd = join(dir.path, "new/one");
    const [config, schema] = ["polyloop.json", "polyloop.schema.json"].map((name) =>
      JSON.parse(readFileSync(join(cwd, name), "utf8"))
    );
    expect(config.$schema).toBe("./polyloop.schema.json");
    expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(Object.keys(config)));
    const { code, stdout } = await polyloop(grants ? ["run", "-P"] : ["run"], { cwd, stdin: null });
    const results = stdout.trim().split("\n").map((line) => JSON.parse(line));
    expect({ code, results: results.length }).toEqual({ code: 0, results: 10 });
    if (task === "compute") expect(results[0].sha256).toMatch(/^2cf24dba5fb0a30e/);
    else expect(results[1]).toMatchObject({ status: 200, text: "bonjour" });
    if (isDeno) {
      const { status, stderr } = startSync(process.execPath, ["fmt", "--check", "tasks.ts"], {
        cwd,
      });
      expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
    }
  });

  test("overwrites nothing unless it is told to", async () => {
    using dir = folder({ "polyloop.json": "mine" });
    const args = ["init", "--task", "compute", "--from", "lines"];
    const refused = await polyloop(args, { cwd: dir.path });
    expect(refused).toEqual({
      code: 2,
      stdout: "",
      stderr: "polyloop: init: polyloop.json is there already; --force overwrites\n",
    });
    expect(readdirSync(dir.path)).toEqual(["polyloop.json"]);
    expect(readFileSync(join(dir.path, "polyloop.json"), "utf8")).toBe("mine");
    expect(await polyloop([...args, "--force"], { cwd: dir.path })).toMatchObject({ code: 0 });
    expect(readdirSync(dir.path).sort()).toEqual([
      "inputs.txt",
      "polyloop.json",
      "polyloop.schema.json",
      "tasks.ts",
    ]);
    expect(await polyloop(["run"], { cwd: dir.path, stdin: null })).toMatchObject({ code: 0 });
  });

  test("inputs of another format are not overwritten either", async () => {
    using dir = folder({ "inputs.jsonl": "mine" });
    const { code, stderr } = await polyloop(["init", "--task", "fetch", "--from", "jsonl"], {
      cwd: dir.path,
    });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "polyloop: init: inputs.jsonl is there already; --force overwrites\n",
    });
    expect(readdirSync(dir.path)).toEqual(["inputs.jsonl"]);
  });

  test.each([
    [
      [],
      "stdin and stdout are not a terminal, so no questions can be asked: give --task fetch|compute and --from jsonl|lines",
    ],
    [
      ["--task", "fetch"],
      "stdin and stdout are not a terminal, so no questions can be asked: give --from jsonl|lines",
    ],
    [["--task", "fly"], "Allowed choices are fetch, compute."],
    [["file/new", "--task", "fetch", "--from", "lines"], "cannot write to file/new: "],
  ])("%j is refused in one line, and nothing is written", async (args, message) => {
    using dir = folder({ file: "" });
    const { code, stderr } = await polyloop(["init", ...args], { cwd: dir.path });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr.trim()).not.toContain("\n");
    expect(readdirSync(dir.path)).toEqual(["file"]);
  });
});

/** Starts `polyloop init` on a screen of its own. */
function terminal(cwd: string, args: string): Screen {
  return new Screen(`${SHELL_COMMAND} init new ${args}; echo "code $?"`, { cwd, rows: 30 });
}

describe.skipIf(!hasTmux)("polyloop init on a terminal", () => {
  test("asks two questions and writes what was chosen", async () => {
    using dir = folder();
    using screen = terminal(dir.path, "");
    await screen.shows(/What will a task spend its time with\?/);
    screen.keys("Down", "Enter");
    await screen.shows(/How will the inputs be written\?/);
    screen.keys("Down", "Enter");
    await screen.shows(/code 0/);
    expect(readdirSync(join(dir.path, "new")).sort()).toEqual([
      "inputs.txt",
      "polyloop.json",
      "polyloop.schema.json",
      "tasks.ts",
    ]);
    expect(readFileSync(join(dir.path, "new/tasks.ts"), "utf8")).toContain("digest(text: string)");
  });

  test("asks only what no flag says", async () => {
    using dir = folder();
    using screen = terminal(dir.path, "--task fetch");
    const asked = await screen.shows(/How will the inputs be written\?/);
    expect(asked).not.toContain("What will a task");
    screen.keys("Enter");
    await screen.shows(/code 0/);
    expect(readdirSync(join(dir.path, "new")).sort()).toEqual([
      "inputs.jsonl",
      "polyloop.json",
      "polyloop.schema.json",
      "tasks.ts",
    ]);
  });

  test.each([[0], [1]])("Ctrl-C after %d answers writes nothing and ends with 130", async (answers) => {
    using dir = folder();
    using screen = terminal(dir.path, "");
    await screen.shows(/What will a task/);
    if (answers > 0) {
      screen.keys("Enter");
      await screen.shows(/How will the inputs/);
    }
    screen.keys("C-c");
    const end = await screen.shows(/code \d+/);
    expect(end).toContain("code 130");
    expect(end).toContain("Nothing was written");
    expect(readdirSync(dir.path)).toEqual([]);
  });

  test("SIGTERM while it asks gives the terminal back, and ends with 143", async () => {
    using dir = folder();
    const command = `sh -c 'echo $$ > pid; exec "$@"' sh ${SHELL_COMMAND} init new`;
    using screen = new Screen(`${command}; echo "code $?"; stty -a`, { cwd: dir.path, rows: 30 });
    await screen.shows(/What will a task/);
    process.kill(Number(readFileSync(join(dir.path, "pid"), "utf8")), "SIGTERM");
    const end = await screen.shows(/ icanon /);
    expect(end).toContain("code 143");
    expect(readdirSync(dir.path)).toEqual(["pid"]);
  });
});
