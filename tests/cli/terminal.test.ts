/** The live line, signals and job control, on a real terminal: tmux plays it. Skipped where there is no tmux. */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startSync } from "../program.ts";
import { folder, pause, polyloop, SHELL_COMMAND } from "./polyloop.ts";
import { hasTmux, Screen } from "./screen.ts";

/** Tasks that wait until the file `go` lets them: it holds a line for each that may end. */
const TASKS = `
import { readFileSync, writeSync } from "node:fs";
async function allowed(n, signal) {
  while (readFileSync("go", "utf8").split("\\n").length - 1 < n) {
    if (signal?.aborted) throw signal.reason;
    await new Promise((done) => setTimeout(done, 5));
  }
}
export async function step(n) {
  await allowed(n);
  return n;
}
export async function obedient(n, { signal }) {
  await allowed(n, signal);
  return n;
}
/** Says sixty lines at once, in each of three ways. */
export async function noisy(n) {
  await allowed(n);
  for (let i = 0; i < 60; i++) {
    console.log(\`\${n}.\${i} by console\`);
    writeSync(2, \`\${n}.\${i} by itself\\n\`);
    process.stdout.write(\`\${n}.\${i} by stdout\\n\`);
  }
  return n;
}
`;

/** Four inputs of which as many may end as `go` has been called for, and the command that runs them. */
function fourInputs() {
  const dir = folder({ "t.mjs": TASKS, "in.jsonl": "1\n2\n3\n4\n", go: "" });
  return {
    ...dir,
    go: (count: number) => appendFileSync(join(dir.path, "go"), "\n".repeat(count)),
    run: (task: string, rest = "> out") =>
      `${SHELL_COMMAND} run t.mjs#${task} -A -j 1 -i in.jsonl ${rest}; echo "code $?"`,
    results: () => readFileSync(join(dir.path, "out"), "utf8"),
  };
}

const BAR = /[█░]/;

describe.skipIf(!hasTmux)("the live line", () => {
  test("has done/total, percent, rate, in flight and time left in the last row, and is gone at the end", async () => {
    using dir = fourInputs();
    using screen = new Screen(dir.run("step"), { cwd: dir.path });
    dir.go(3);
    const during = await screen.shows(/3\/4/);
    expect(during.trimEnd().split("\n")).toHaveLength(20);
    expect(during).toMatch(
      /\n█{18}░{6} {2}75% {2}3\/4 {2}[\d.]+\/s {2}1 in flight {2}slots \d+% {2}[\d.]+ m?s left\n$/,
    );
    dir.go(1);
    const after = await screen.shows(/code 0/);
    expect(after).not.toMatch(BAR);
    expect(after).toMatch(/^✓ 4 inputs in /);
    expect(dir.results()).toBe("1\n2\n3\n4\n");
  });

  test("is not torn by what tasks say, and tears none of it", async () => {
    using dir = fourInputs();
    using screen = new Screen(dir.run("noisy"), { cwd: dir.path, rows: 12 });
    for (const n of [1, 2, 3]) {
      dir.go(1);
      const during = await screen.shows(new RegExp(`${n}/4`));
      expect(during.split("\n").filter((line) => BAR.test(line))).toHaveLength(1);
    }
    dir.go(1);
    await screen.shows(/code 0/);
    const lines = screen.text({ history: true }).trimEnd().split("\n").filter((line) => line !== "");
    const said = lines.filter((line) => /by (console|itself|stdout)$/.test(line));
    expect(said.toSorted()).toEqual(
      [1, 2, 3, 4].flatMap((n) =>
        ["console", "itself", "stdout"].flatMap((way) =>
          Array.from({ length: 60 }, (_, i) => `${n}.${i} by ${way}`)
        )
      ).toSorted(),
    );
    // The summary, the code and nothing else.
    const others = lines.filter((line) => !said.includes(line));
    expect(others.join("\n")).toMatch(
      /^✓ 4 inputs in [\d.]+ m?s: all ok\n {2}(.*; )?p50 .*, p90 .*, p99 .*\ncode 0$/,
    );
  });

  test("goes with results on the same terminal", async () => {
    using dir = fourInputs();
    using screen = new Screen(dir.run("step", "| cat"), { cwd: dir.path });
    dir.go(2);
    await screen.shows(/^1\n2\n\n+█+░+ .* 2\/4 /);
    dir.go(2);
    expect(await screen.shows(/code 0/)).toMatch(/^1\n2\n(3\n4\n\n?✓|\n?✓[^]*3\n4\n)/);
  });

  test("is right after each resize, wherever the old one went", async () => {
    using dir = fourInputs();
    using screen = new Screen(dir.run("noisy"), { cwd: dir.path });
    dir.go(3);
    await screen.shows(/3\/4/);
    const sizes = [[40, 20], [120, 20], [60, 8], [20, 30], [60, 12], [11, 12], [100, 20]];
    for (const [columns, rows] of sizes) {
      screen.resize(columns, rows);
      await screen.shows((text) => {
        const lines = text.replace(/\n$/, "").split("\n");
        const bars = lines.filter((line) => BAR.test(line) || line.includes("3/4"));
        return lines.length === rows && bars.length === 1 && bars[0] === lines.at(-1) &&
          bars[0].length < columns;
      });
    }
    dir.go(1);
    await screen.shows(/code 0/);
    expect(screen.text({ history: true })).not.toMatch(BAR);
  });

  test("has no room in three rows and comes back with more", async () => {
    using dir = fourInputs();
    using screen = new Screen(dir.run("step"), { cwd: dir.path });
    dir.go(1);
    await screen.shows(/1\/4/);
    screen.resize(100, 3);
    await screen.shows((text) => text.trim() === "");
    screen.resize(100, 4);
    await screen.shows(/1\/4/);
    dir.go(3);
    await screen.shows(/code 0/);
  });

  test("has colours, and none with NO_COLOR", async () => {
    for (const [env, colored] of [[{ NO_COLOR: "" }, true], [{ NO_COLOR: "1" }, false]] as const) {
      using dir = fourInputs();
      using screen = new Screen(dir.run("step"), { cwd: dir.path, env });
      dir.go(2);
      await screen.shows(/2\/4/);
      expect(screen.text({ colors: true }).includes("\x1b[")).toBe(colored);
      dir.go(2);
      await screen.shows(/code 0/);
      expect(screen.text({ colors: true }).includes("\x1b[32m✓")).toBe(colored);
    }
  });

  test("gives the whole terminal back while the run is suspended, and at the end", async () => {
    using dir = fourInputs();
    using screen = new Screen(undefined, { cwd: dir.path, rows: 10 });
    writeFileSync(join(dir.path, "start.sh"), dir.run("step"));
    screen.keys(". ./start.sh", "Enter");
    dir.go(2);
    await screen.shows(/2\/4/);
    screen.keys("C-z");
    await screen.shows(/Stopped/);
    expect(screen.text({ history: true })).not.toMatch(BAR);
    // All ten rows scroll again: the last is the prompt's.
    screen.keys("seq 101 120", "Enter");
    await screen.shows(/^112\n(.*\n)*120\n.+\n$/);
    screen.keys("fg", "Enter");
    await screen.shows(/2\/4/);
    dir.go(2);
    await screen.shows(/✓ 4 inputs/);
    screen.keys("seq 201 220", "Enter");
    await screen.shows(/^212\n(.*\n)*220\n.+\n$/);
    expect(screen.text({ history: true })).not.toMatch(BAR);
  });

  test("gives it back on Ctrl-\\, too", async () => {
    using dir = fourInputs();
    using screen = new Screen(`${dir.run("step")}; seq 1 20`, { cwd: dir.path, rows: 10 });
    dir.go(1);
    await screen.shows(/1\/4/);
    screen.keys("C-\\");
    expect(await screen.shows(/^20$/m)).toMatch(/^12\n(.*\n)*20\n\n$/);
    expect(screen.text({ history: true })).toContain("code 131");
  });
});

describe.skipIf(!hasTmux)("Ctrl-C on a terminal", () => {
  test("once: what runs may finish", async () => {
    using dir = fourInputs();
    using screen = new Screen(dir.run("step", "-c 2 > out"), { cwd: dir.path });
    dir.go(1);
    await screen.shows(/1\/4.* 2 in flight/);
    screen.keys("C-c");
    const during = await screen.shows(/stopping; 2 tasks still run \(the same signal again aborts them\)/);
    expect(during).toMatch(BAR);
    dir.go(3);
    const after = await screen.shows(/code 130/);
    expect(after).toMatch(/✗ 3 inputs in .*: 3 ok; 1 not run/);
    expect(after).not.toMatch(BAR);
    expect(dir.results()).toBe("1\n2\n3\n");
  });

  test("twice: what runs is aborted", async () => {
    using dir = fourInputs();
    using screen = new Screen(dir.run("obedient"), { cwd: dir.path });
    dir.go(1);
    await screen.shows(/1\/4/);
    screen.keys("C-c");
    await screen.shows(/stopping; 3 tasks still run/);
    await pause();
    screen.keys("C-c");
    await screen.shows(/aborting running tasks \(the same signal again exits at once\)/);
    const after = await screen.shows(/code 130/);
    expect(after).toMatch(/✗ 1 input in .*: 1 ok; 3 not run to the end/);
    expect(after).not.toMatch(BAR);
    expect(dir.results()).toBe("1\n");
  });

  test("three times: it leaves at once, and the terminal is whole", async () => {
    using dir = fourInputs();
    const script = `${dir.run("step", "--grace 1h > out")}; seq 1 20`;
    using screen = new Screen(script, { cwd: dir.path, rows: 10 });
    dir.go(1);
    await screen.shows(/1\/4/);
    screen.keys("C-c");
    await screen.shows(/stopping/);
    await pause();
    screen.keys("C-c");
    await screen.shows(/aborting/);
    await pause();
    screen.keys("C-c");
    expect(await screen.shows(/^20$/m)).toMatch(/^12\n(.*\n)*20\n\n$/);
    const all = screen.text({ history: true });
    expect(all).toContain("code 130");
    expect(all).not.toMatch(BAR);
    expect(dir.results()).toBe("1\n");
  });
});

const hasScript = startSync("script", ["--version"]).status === 0;

test.skipIf(!hasScript)("polyloop resume does not wait for a terminal to give what stdin gave", async () => {
  using dir = folder();
  await polyloop(["run", "-e", "x => x", "--journal", "j"], { cwd: dir.path, stdin: "1\n" });
  const command = `${SHELL_COMMAND} resume j`;
  const { status, stdout } = startSync("script", ["-qec", command, "/dev/null"], {
    cwd: dir.path,
    timeout: 20_000,
  });
  expect(stdout).toContain("This run read its inputs from stdin: polyloop resume j < FILE, or -i FILE");
  expect(status).toBe(2);
});
