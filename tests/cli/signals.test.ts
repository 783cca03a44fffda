/** Signals: which of them are one press, and that the third leaves whatever the main thread does. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { noPresses, press } from "../../lib/cli/signals/presses.ts";
import { isDeno, startSync } from "../program.ts";
import { COMMAND, folder, inShell, pause, RunningPolyloop, SHELL_COMMAND } from "./polyloop.ts";
import { hasTmux, Screen } from "./screen.ts";

const TASKS = `
import { execSync } from "node:child_process";
import { writeFileSync } from "node:fs";
const started = () => writeFileSync("started", "");
/** Each blocks the thread that it runs in. */
export const loop = () => { started(); for (;;); };
export const waiting = () => { started(); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); };
export const microtasks = async () => { started(); for (;;) await undefined; };
export const program = () => { started(); execSync("sleep 60", { stdio: "ignore" }); };
/** Ends once its file is there. */
export async function held(n) {
  started();
  const { existsSync } = await import("node:fs");
  while (!existsSync("go")) await new Promise((done) => setTimeout(done, 5));
  return n;
}
/** Says more than a pipe holds. */
export const loud = (n) => { started(); console.error("x".repeat(200_000)); throw new Error("failed " + n); };
export const hang = () => { started(); return new Promise(() => setInterval(() => {}, 1_000)); };
`;

/** A folder with tasks and inputs. */
function home() {
  const dir = folder({ "t.mjs": TASKS, "in.jsonl": "1\n2\n3\n4\n" });
  return {
    ...dir,
    /** Resolves once a task has begun. */
    started: async () => {
      while (!existsSync(join(dir.path, "started"))) await new Promise((resolve) => setTimeout(resolve, 5));
    },
  };
}

/** The presses that signals at these times count as. */
function counts(...times: number[]): (number | undefined)[] {
  const presses = noPresses();
  return times.map((at) => press(presses, at));
}

describe("presses", () => {
  test("the same signal again within 300 ms is one", () => {
    expect(counts(0, 1, 299)).toEqual([1, undefined, undefined]);
    expect(counts(0, 300, 301, 700)).toEqual([1, 2, undefined, 3]);
  });

  test("a wrapper's echo of each of two deliberate presses is no third", () => {
    expect(counts(0, 40, 500, 540, 560)).toEqual([1, undefined, 2, undefined, undefined]);
  });

  test("a key that is hit three times as fast as can be leaves", () => {
    expect(counts(0, 150, 300)).toEqual([1, undefined, 3]);
    expect(counts(0, 120, 240, 360)).toEqual([1, undefined, undefined, 3]);
    // One that is held down, thirty times a second.
    expect(counts(...Array.from({ length: 11 }, (_, n) => n * 33)).at(-1)).toBe(3);
  });
});

const hasTimeout = startSync("timeout", ["--version"]).status === 0;

describe("one signal that comes twice", () => {
  test.skipIf(!hasTimeout).each([["SIGTERM", 143], ["SIGINT", 130]] as const)(
    "GNU timeout passes %s on to its child and to the group: what runs may finish",
    async (signal, code) => {
      using dir = home();
      const run = new RunningPolyloop(["run", "t.mjs#held", "-A", "-i", "in.jsonl", "-j", "1"], {
        cwd: dir.path,
        command: ["timeout", "10m", ...COMMAND],
      });
      onTestFinished(() => run.signal("SIGKILL"));
      await dir.started();
      run.signal(signal);
      await run.says("polyloop: stopping; ");
      writeFileSync(join(dir.path, "go"), "");
      const ended = await run.ended;
      expect(ended).toMatchObject({ code, stdout: expect.stringMatching(/^1\n/) });
      expect(ended.stderr).not.toContain("aborting");
    },
  );

  test.each(["thread", "process"])(
    "what the group got and a wrapper passes on is one (%s)",
    async (isolation) => {
      using dir = home();
      const run = new RunningPolyloop(
        ["run", "t.mjs#held", "-A", "-i", "in.jsonl", "-j", "1", "--isolation", isolation],
        { cwd: dir.path, group: true },
      );
      onTestFinished(() => run.signal("SIGKILL"));
      await dir.started();
      for (const _ of "123") {
        run.signalGroup("SIGINT");
        run.signal("SIGINT");
      }
      await run.says("polyloop: stopping");
      writeFileSync(join(dir.path, "go"), "");
      const { code, stdout, stderr } = await run.ended;
      expect({ code, stdout }).toEqual({ code: 130, stdout: "1\n2\n3\n4\n" });
      expect(stderr).not.toContain("aborting");
    },
  );
});

test("SIGINT and SIGTERM count together: three of them leave", async () => {
  using dir = home();
  const run = new RunningPolyloop(["run", "t.mjs#hang", "-A", "-i", "in.jsonl", "-j", "1"], {
    cwd: dir.path,
  });
  onTestFinished(() => run.signal("SIGKILL"));
  await dir.started();
  run.signal("SIGINT");
  await run.says("polyloop: stopping");
  await run.signalAgain("SIGTERM");
  await run.says("polyloop: aborting running tasks");
  await run.signalUntilEnded("SIGINT");
  expect((await run.ended).code).toBe(130);
});

describe("three signals leave, though the main thread", () => {
  test.each(
    [
      ["loop", "SIGINT", 130],
      ["loop", "SIGTERM", 143],
      ["waiting", "SIGINT", 130],
      ["microtasks", "SIGTERM", 143],
    ] as const,
  )("runs a task that blocks it for ever (%s, %s)", async (task, signal, code) => {
    using dir = home();
    const args = ["run", `t.mjs#${task}`, "-A", "-i", "in.jsonl", "--isolation", "none", "--journal", "j"];
    const run = new RunningPolyloop(args, { cwd: dir.path });
    onTestFinished(() => run.signal("SIGKILL"));
    await dir.started();
    run.signal(signal);
    const key = signal === "SIGINT" ? "Ctrl-C" : signal;
    await run.says(`waiting for a task that blocks the main thread; ${key} twice more exits at once`);
    await run.signalUntilEnded(signal);
    const ended = await run.ended;
    expect(inShell(run, ended.code)).toBe(code);
    expect(ended.stderr).toContain("to go on: polyloop resume j");
  });

  test("waits for a program", async () => {
    using dir = home();
    const args = ["run", "t.mjs#program", "-A", "-i", "in.jsonl", "--isolation", "none"];
    const run = new RunningPolyloop(args, { cwd: dir.path });
    onTestFinished(() => run.signal("SIGKILL"));
    await dir.started();
    await run.signalUntilEnded("SIGTERM");
    const { code } = await run.ended;
    expect(inShell(run, code)).toBe(143);
  });

  test.each(["thread", "process"])("writes to a stderr that nobody reads (%s)", async (isolation) => {
    using dir = home();
    const args = ["run", "t.mjs#loud", "-A", "-i", "in.jsonl", "-o", "out", "--isolation", isolation];
    const run = new RunningPolyloop(args, { cwd: dir.path });
    onTestFinished(() => run.signal("SIGKILL"));
    run.child.stderr.pause();
    await dir.started();
    await run.signalUntilEnded("SIGINT");
    run.child.stderr.resume();
    const code = inShell(run, (await run.ended).code);
    // On Node the first line may block the main thread before it has handed its signals over: then SIGKILL is what is left.
    expect(isDeno ? [130] : [130, 137]).toContain(code);
  });

  test("writes to a stdout that nobody reads", async () => {
    using dir = home();
    writeFileSync(join(dir.path, "many.jsonl"), `"${"x".repeat(1_000)}"\n`.repeat(20_000));
    const run = new RunningPolyloop(["run", "-e", "(x) => x", "-i", "many.jsonl", "-j", "1"], {
      cwd: dir.path,
    });
    onTestFinished(() => run.signal("SIGKILL"));
    const readable = new Promise((resolve) => run.child.stdout.once("data", resolve));
    await readable;
    run.child.stdout.pause();
    await run.signalUntilEnded("SIGTERM");
    run.child.stdout.resume();
    expect((await run.ended).code).toBe(143);
  });

  test.skipIf(!hasTmux)("runs an endless task on a terminal, which is whole afterwards", async () => {
    using dir = home();
    const script =
      `${SHELL_COMMAND} run t.mjs#loop -A -i in.jsonl --isolation none > out; echo "code $?"; seq 1 20`;
    using screen = new Screen(script, { cwd: dir.path, rows: 10 });
    await dir.started();
    screen.keys("C-c");
    await screen.shows(/twice more exits/);
    // Each press must count, and one more might end the shell instead: long pauses, for a busy machine.
    for (const _ of "12") {
      await pause(2_000);
      screen.keys("C-c");
    }
    // All ten rows scroll again.
    expect(await screen.shows(/^20$/m)).toMatch(/^12\n(.*\n)*20\n\n$/);
    expect(screen.text({ history: true })).toContain("code 130");
  });
});

test("a task that computes for a while is no reason to leave: three signals during it are as many steps", async () => {
  using dir = folder({
    "t.mjs": `import { existsSync, writeFileSync } from "node:fs";
      export const busy = (n) => {
        writeFileSync("started", "");
        while (!existsSync("go"));
        return n;
      };`,
    "in.jsonl": "1\n2\n3\n",
  });
  const args = ["run", "t.mjs#busy", "-A", "-i", "in.jsonl", "--isolation", "none", "-c", "1"];
  const run = new RunningPolyloop(args, { cwd: dir.path });
  onTestFinished(() => run.signal("SIGKILL"));
  while (!existsSync(join(dir.path, "started"))) await new Promise((resolve) => setTimeout(resolve, 5));
  run.signal("SIGINT");
  await run.says("twice more exits at once");
  writeFileSync(join(dir.path, "go"), "");
  await run.says("polyloop: stopping");
  const { code, stdout } = await run.ended;
  expect(code).toBe(130);
  expect(stdout).toMatch(/^1\n/);
});
