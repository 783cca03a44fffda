/** `polyloop completions`: the scripts as real shells take them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { folder, polyloop } from "./polyloop.ts";
import { startSync } from "../program.ts";

const has = (program: string) => startSync(program, ["--version"]).status === 0;
const hasTmux = startSync("tmux", ["-V"]).status === 0;

const scripts: Record<string, string> = {};

beforeAll(async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    scripts[shell] = (await polyloop(["completions", shell])).stdout;
  }
  for (const shell of ["bash", "zsh", "fish"]) {
    if (!has(shell)) console.error(`skipped: completions of ${shell}, which is not installed`);
  }
});

/** A line with the cursor at its end → what there is to choose from. */
type Complete = (line: string, cwd: string) => string[];

const inBash: Complete = (line, cwd) => {
  // As readline does it: = is a word of its own.
  const words = line.split(/ +|(?<==)|(?==)/).map((word) => `'${word}'`);
  const source = `${scripts.bash}
COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${
    words.length - 1
  }; _polyloop; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return sorted(startSync("bash", ["--norc", "-c", source], { cwd }).stdout);
};

const inFish: Complete = (line, cwd) => {
  const source = `${scripts.fish}\ncomplete -C '${line}'`;
  const { stdout } = startSync("fish", ["--no-config", "-c", source], {
    cwd,
    env: { HOME: cwd, PATH: "/usr/bin:/bin" },
  });
  // Without the descriptions; fish has --name=value as a whole, and a / after folders.
  const text = stdout.replace(/\t.*$/gm, "").replace(/^--[\w-]+=/gm, "").replace(/\/$/gm, "");
  return sorted(text);
};

function sorted(text: string): string[] {
  return text.split("\n").filter((word) => word !== "").sort();
}

describe.each([["bash", inBash], ["fish", inFish]] as const)("in %s", (shell, complete) => {
  test.runIf(has(shell)).each([
    ["polyloop r", ["resume", "run"]],
    ["polyloop run --iso", ["--isolation"]],
    ["polyloop run --isolation ", ["none", "process", "thread"]],
    ["polyloop run --isolation=p", ["process"]],
    ["polyloop run --unord", ["--unordered"]],
    ["polyloop run --allow-n", ["--allow-net"]],
    ["polyloop run --allow-read=my", ["my tasks.ts"]],
    ["polyloop run -i in", ["in.jsonl", "inner"]],
    ["polyloop run --errors i", ["in.jsonl", "inner"]],
    ["polyloop run my", ["my tasks.ts"]],
    ["polyloop run --timeout ", []],
    ["polyloop run --allow-net my", ["my tasks.ts"]],
    ["polyloop resume --retry", ["--retry-failed"]],
    ["polyloop status in.jsonl --js", ["--json"]],
    ["polyloop completions ", ["bash", "fish", "powershell", "zsh"]],
    ["polyloop help exit", ["exit-codes"]],
  ])("%j leads to %j", (line, expected) => {
    using dir = folder({ "in.jsonl": "", "my tasks.ts": "" });
    mkdirSync(join(dir.path, "inner"));
    expect(complete(line, dir.path)).toEqual([...expected].sort());
  });
});

test.runIf(has("bash"))("every flag of every command is among the completions", async () => {
  for (const command of ["run", "resume", "status"]) {
    const { stdout } = await polyloop([command, "--help"]);
    const flags = [...stdout.matchAll(/^ +(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag);
    expect(flags.length).toBeGreaterThan(0);
    expect(inBash(`polyloop ${command} --`, "/")).toEqual(expect.arrayContaining(flags));
  }
});

/** With the real keys, in a terminal. */
describe.runIf(hasTmux)("on a terminal", () => {
  test.runIf(has("bash")).each([["bash --norc", "bash", ""]])("%s completes by the Tab key", pressTab);
  test.runIf(has("zsh")).each([["zsh -f", "zsh", "autoload -U compinit; compinit -u; "]])(
    "%s completes by the Tab key",
    pressTab,
  );
});

async function pressTab(start: string, shell: string, before: string): Promise<void> {
  using dir = folder({ "in.jsonl": "", "completions": "" });
  writeFileSync(join(dir.path, "completions"), scripts[shell]);
  const socket = dir.path.slice(-6);
  const tmux = (...args: string[]) => startSync("tmux", ["-L", socket, ...args]).stdout;
  const screenShows = async (pattern: RegExp) => {
    for (let attempt = 0; attempt < 400; attempt++) {
      if (pattern.test(tmux("capture-pane", "-p"))) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`the screen never showed ${pattern}:\n${tmux("capture-pane", "-p")}`);
  };
  try {
    tmux("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "20", "-c", dir.path, start);
    tmux("send-keys", `${before}source ./completions; echo rea''dy`, "Enter");
    await screenShows(/^ready/m);
    tmux("send-keys", "polyloop ru", "Tab", "--isol", "Tab");
    await screenShows(/polyloop run --isolation[ =]?/);
    tmux("send-keys", "BSpace", "=pro", "Tab", "--inp", "Tab");
    await screenShows(/polyloop run --isolation=?=process --input/);
    tmux("send-keys", "BSpace", " in", "Tab", "--from li", "Tab");
    await screenShows(/--input in\.jsonl --from lines/);
  } finally {
    tmux("kill-server");
  }
}

test("a shell that there is none for is refused in one line", async () => {
  expect(await polyloop(["completions", "tcsh"])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^polyloop: .*Allowed choices are bash, zsh, fish, powershell\.\n$/),
  });
});

// No PowerShell runs here: this only reads the script.
test("the script for PowerShell has every flag, and quotes that its strings allow", async () => {
  const script = (await polyloop(["completions", "powershell"])).stdout;
  const { stdout } = await polyloop(["run", "--help"]);
  for (const [, flag] of stdout.matchAll(/^ +(?:-\w, )?(--[\w-]+)/gm)) {
    expect(script).toContain(`'${flag}' = @{`);
  }
  // Outside of strings, with their doubled quotes, the flags' lines have no quote.
  for (const line of script.split("\n").filter((line) => /^ {4}'-/.test(line))) {
    expect(line.replace(/'(?:[^']|'')*'/g, "")).not.toContain("'");
  }
});
