/** What happens when a worker dies, is killed, or cannot start: not on "none", which is the caller's own. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Executor, type ModuleLoadError, WorkerLostError } from "../../mod.ts";
import { isDeno, startFile } from "../program.ts";
import { startFixture } from "./backends.ts";

/** Counts how often each of many tasks settles, and with what. */
function settlements(promises: Promise<unknown>[]) {
  const counts = new Array(promises.length).fill(0);
  const outcomes = promises.map((promise, i) =>
    promise.then((value) => {
      counts[i]++;
      return value;
    }, (error) => {
      counts[i]++;
      return error;
    })
  );
  return { counts, outcomes: Promise.all(outcomes) };
}

/** What ends a worker on Deno alone. */
const DENO_EXITS: [how: string, reason: RegExp][] = [
  ["Deno.exit", /called Deno\.exit\(\d*\)/],
  ["self.close", /called self\.close\(\)/],
];

describe.each(["thread", "process"] as const)('a worker that dies, on "%s"', (isolation) => {
  test.each<[how: string, reason: RegExp]>([
    ["process.exit", /called process\.exit\(\d*\)/],
    ...(isDeno ? DENO_EXITS : []),
    ["throws from a timer", /RangeError: from a timer/],
    ["rejects unhandled", /RangeError: unhandled/],
  ])("by %s among two thousand tasks: each settles once, and the executor goes on", async (how, reason) => {
    await using executor = startFixture("deadly.ts", { isolation });
    const lost: WorkerLostError[] = [];
    executor.addEventListener("workerlost", ({ detail }) => lost.push(detail.error));
    const tasks = Array.from({ length: 2_000 }, (_, i) => {
      return i === 1_000 ? executor.run("die", how) : executor.run("echo", i);
    });
    const { counts, outcomes } = settlements(tasks);
    const values = await outcomes;
    expect(counts.every((count) => count === 1)).toBe(true);
    expect(values[1_000]).toBeInstanceOf(WorkerLostError);
    expect((values[1_000] as Error).message).toMatch(reason);
    // Only what was on the worker went with it.
    const gone = values.filter((value) => value instanceof WorkerLostError);
    expect(lost).toHaveLength(1);
    expect(gone.every((error) => error.workerId === lost[0].workerId)).toBe(true);
    expect(values.every((value, i) => value === i || value instanceof WorkerLostError)).toBe(true);
    expect(await executor.run("echo", "goes on")).toBe("goes on");
  });

  test("takes only what was running with it: what had finished is told, what had not started runs elsewhere", async () => {
    await using executor = startFixture("deadly.ts", { isolation, workers: 1, concurrency: 400 });
    await executor.ready();
    const task = async (i: number) => {
      await new Promise((resolve) => setTimeout(resolve, i / 4));
      if (i < 300) return i;
      await new Promise((resolve) => setTimeout(resolve, 20));
      process.exit();
    };
    const outcomes = Promise.allSettled(Array.from({ length: 301 }, (_, i) => executor.run(task, i)));
    await executor.run("echo", 1);
    // The caller reads nothing until the worker is long gone.
    for (const end = performance.now() + 400; performance.now() < end;);
    const lost = (await outcomes).flatMap(({ status }, i) => status === "rejected" ? [i] : []);
    expect(lost).toEqual([300]);
  });

  test("tells its exit code, or the signal that killed it", async () => {
    await using executor = startFixture("deadly.ts", { isolation, workers: 1 });
    const lost = (task: () => unknown) => executor.run(task).catch((error) => error);
    expect(await lost(() => process.exit(99))).toMatchObject({ exitCode: 99, signal: undefined });
    expect(
      await lost(() => {
        process.exitCode = 7;
        process.exit();
      }),
    ).toMatchObject({ exitCode: 7 });
    if (isolation === "thread") return;
    const killed = await lost(async () => {
      process.kill(process.pid, "SIGKILL");
      await new Promise(() => {});
    });
    expect(killed).toMatchObject({ exitCode: undefined, signal: "SIGKILL" });
  });

  test("lives on when the module itself sees to its stray errors", async () => {
    await using executor = startFixture("minds_itself.ts", { isolation, workers: 1 });
    expect(await executor.run("stray")).toBe("done");
    expect(await executor.run("seen")).toEqual(["stray rejection"]);
  });

  test("leaves what came in the same batch and had not started to another", async () => {
    await using executor = startFixture("deadly.ts", { isolation, workers: 1 });
    await executor.ready();
    const exitOnThird = (n: number) => n === 3 ? process.exit() : n;
    const outcomes = await executor.map(exitOnThird, [1, 2, 3, 4, 5, 6], { settled: true }).toArray();
    expect(outcomes.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "rejected",
      "fulfilled",
      "fulfilled",
      "fulfilled",
    ]);
  });

  test("tells the error that ended it as the cause, with its stack", async () => {
    await using executor = startFixture("deadly.ts", { isolation });
    const error = await executor.run("die", "throws from a timer").catch((error) => error);
    expect(error.cause).toBeInstanceOf(RangeError);
    expect(error.cause.stack).toMatch(/deadly\.ts/);
  });

  test("does so in every one of many tasks, and each settles", async () => {
    await using executor = startFixture("deadly.ts", { isolation, concurrency: 4 });
    const tasks = Array.from({ length: 16 }, () => executor.run("die", "process.exit"));
    const { counts, outcomes } = settlements(tasks);
    expect((await outcomes).every((error) => error instanceof WorkerLostError)).toBe(true);
    expect(counts.every((count) => count === 1)).toBe(true);
  });

  test("while a map is read: with settled, the map goes on to its end", async () => {
    await using executor = startFixture("deadly.ts", { isolation, concurrency: 4 });
    const inputs = Array.from({ length: 2_000 }, (_, i) => i);
    const outcomes = await executor.map((n: number) => n === 700 ? process.exit(1) : n, inputs, {
      settled: true,
    })
      .toArray();
    expect(outcomes.map(({ index }) => index)).toEqual(inputs);
    expect(outcomes[700]).toMatchObject({ status: "rejected", reason: { name: "WorkerLostError" } });
    expect(outcomes[1_999]).toMatchObject({ status: "fulfilled", value: 1_999 });
  });

  test("cannot be feigned or upset by a task that uses the worker's own channel", async () => {
    await using executor = startFixture("deadly.ts", { isolation, workers: 1 });
    const results = await Promise.all([
      executor.run("interfere"),
      executor.run("echo", 1),
      executor.run("echo", 2),
    ]);
    expect(results).toEqual(["done", 1, 2]);
    expect(await executor.run("echo", 3)).toBe(3);
  });
});

describe("a task that loops for ever", () => {
  // Deno cannot stop a thread that never looks up: a program of its own can at least exit.
  test("times out, costs its worker its place after the grace, and the executor goes on", async () => {
    const { code, out, err } = await startFile("tests/executor/fixtures/endless_loop.ts");
    expect(err).toBe("");
    const { others, ...figures } = JSON.parse(out);
    expect(figures).toEqual({
      tasks: 10_000,
      settledOnce: 10_000,
      loop: "TaskTimeoutError",
      workersLost: 1,
      goesOn: true,
    });
    // Lost are those, if any, whose results had not left.
    expect(["WorkerLostError,fulfilled", "fulfilled"]).toContain(others.join());
    expect(code).toBe(0);
  });
});

describe("a module", () => {
  /** Runs three tasks of a module that cannot be loaded. */
  async function failures(name: string): Promise<ModuleLoadError[]> {
    await using executor = startFixture(name);
    let lost = 0;
    executor.addEventListener("workerlost", () => lost++);
    const tasks = [executor.run("task"), executor.run("task"), executor.run("task")];
    const errors = await Promise.all(tasks.map((task) => task.then(() => undefined, (error) => error)));
    await expect(executor.ready()).rejects.toMatchObject({ name: "ModuleLoadError" });
    expect(lost).toBe(0);
    expect(executor.stats()).toMatchObject({ pending: 0, inFlight: 0 });
    return errors;
  }

  test.each([
    ["missing.ts", /missing\.ts/],
    ["throws_on_import.ts", /RangeError: not today/],
    ["setup_throws.ts", /setup\(\) of .*setup_throws\.ts failed: RangeError: no database/],
    ["exits_on_import.ts", /called process\.exit\(\d*\)/],
  ])("%s fails every task with the reason, and no worker is restarted for ever", async (name, message) => {
    for (const error of await failures(name)) {
      expect(error.name).toBe("ModuleLoadError");
      expect(error.message).toMatch(message);
    }
  });

  test("that does not parse fails its tasks, and says where it is", async () => {
    const path = join(await mkdtemp(join(tmpdir(), "broken-")), "broken.ts");
    await writeFile(path, "export function task( {");
    for (const error of await failures(path)) expect(error.message).toMatch(/broken\.ts/);
  });

  test("that never finishes loading holds up nobody who set a limit, nor terminate()", async () => {
    const executor = startFixture("never_loads.ts");
    await expect(executor.run("task", 1, { queueTimeout: 50 })).rejects.toMatchObject({ phase: "queue" });
    const waiting = executor.run("task", 2);
    await executor.terminate();
    await expect(waiting).rejects.toMatchObject({ name: "ExecutorClosedError" });
  });

  test("named by a path is found from the working directory", async () => {
    await using executor = new Executor("tests/executor/fixtures/tasks.ts", { workers: 1 });
    expect(await executor.run("echo", 1)).toBe(1);
  });
});
