/** Conformance: starting, idling, closing, terminating; setup and teardown; events and figures. */
import { readFileSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { Executor, ExecutorClosedError, ModuleLoadError } from "../../mod.ts";
import { startSource } from "../program.ts";
import { conformance } from "./backends.ts";

async function diary(): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), "diary-")), "diary.txt");
  await writeFile(path, "");
  return path;
}

function lines(path: string): string[] {
  return readFileSync(path, "utf8").trim().split("\n");
}

conformance("an executor", (start, isolation) => {
  /** One whose module has setup and teardown. */
  function withHooks(path: string, options = {}): Executor {
    const module = new URL("./fixtures/hooks.ts", import.meta.url);
    return new Executor(module, { isolation, workers: 2, workerData: path, ...options });
  }

  test("starts nothing before the first task, then no more than it needs", async () => {
    await using executor = start({ workers: 4 });
    expect(executor.stats().workers).toEqual([]);
    await executor.run("echo", 1);
    await executor.run("echo", 2);
    expect(executor.stats().workers).toHaveLength(1);
  });

  test("ready() starts all workers and tells the module's tasks", async () => {
    await using executor = start({ workers: 3 });
    const started: number[] = [];
    executor.addEventListener("workerstart", ({ detail }) => started.push(detail.workerId));
    const names = await executor.ready();
    expect(names).toContain("echo");
    expect(names).not.toContain("setup");
    expect(started.sort()).toEqual([1, 2, 3]);
    expect(executor.stats().workers.map(({ state }) => state)).toEqual(["ready", "ready", "ready"]);
  });

  test("awaits setup before the first task and runs teardown when it closes", async () => {
    const path = await diary();
    const executor = withHooks(path);
    await executor.ready();
    expect(await executor.run("isReady")).toBe(true);
    await executor.close();
    expect(lines(path).sort()).toEqual(["setup 1", "setup 2", "teardown 1", "teardown 2"]);
  });

  test("tells of a teardown that throws: by an event, or else on the console", async () => {
    const source =
      'export function teardown() { throw new RangeError("no goodbye"); }\nexport const one = () => 1;';
    const logged = vi.spyOn(console, "error").mockReturnValue();
    try {
      for (const seen of [true, false]) {
        const executor = new Executor(`data:text/javascript,${encodeURIComponent(source)}`, {
          workers: 1,
          isolation,
        });
        const errors: unknown[] = [];
        executor.addEventListener("teardownfailed", (event) => {
          errors.push(event.detail.error);
          if (seen) event.preventDefault();
        });
        await executor.run("one");
        await executor.close();
        expect(errors).toEqual([new RangeError("no goodbye")]);
        expect(logged).toHaveBeenCalledTimes(seen ? 0 : 1);
      }
    } finally {
      logged.mockRestore();
    }
  });

  test("runs neither setup nor teardown when it is told not to", async () => {
    const path = await diary();
    const executor = withHooks(path, { hooks: false });
    await executor.ready();
    await executor.close();
    expect(readFileSync(path, "utf8")).toBe("");
  });

  test("close() finishes what is queued, takes no more, and can be called again", async () => {
    const executor = start({ workers: 1, concurrency: 1 });
    const tasks = [1, 2, 3].map((n) => executor.run("sleep", n));
    const closing = executor.close();
    await expect(executor.run("echo", 1)).rejects.toBeInstanceOf(ExecutorClosedError);
    expect(await Promise.all(tasks)).toEqual([1, 2, 3]);
    await closing;
    await executor.close();
    expect(executor.stats().workers).toEqual([]);
  });

  test("close({ timeout }) gives up on what takes longer", async () => {
    const executor = start();
    const slow = executor.run("stubborn", 2_000);
    const waiting = Promise.allSettled([slow]);
    await executor.ready();
    await executor.close({ timeout: 20 });
    expect(await waiting).toMatchObject([{ status: "rejected", reason: { name: "ExecutorClosedError" } }]);
  });

  test("terminate() rejects everything that has not settled", async () => {
    const executor = start({ workers: 1, concurrency: 1 });
    const tasks = Promise.allSettled([1, 2, 3].map(() => executor.run("sleep", 60_000)));
    await executor.ready();
    await executor.terminate();
    expect((await tasks).map((outcome) => outcome.status === "rejected" && outcome.reason.name)).toEqual(
      ["ExecutorClosedError", "ExecutorClosedError", "ExecutorClosedError"],
    );
    expect(executor.stats()).toMatchObject({ pending: 0, inFlight: 0, workers: [] });
    await executor.terminate();
    await executor.close();
  });

  test("stops idle workers, runs their teardown, keeps workers.min, and starts anew when tasks come", async () => {
    const path = await diary();
    await using executor = withHooks(path, { workers: { min: 1, max: 3 }, idleTimeout: 20 });
    await executor.ready();
    const left = () => executor.stats().workers.filter(({ state }) => state === "ready").length;
    // The diary is the event: the third worker must not have one.
    while (lines(path).filter((line) => line.startsWith("teardown")).length < 2) {
      await executor.run("isReady");
    }
    expect(left()).toBe(1);
    const started = await executor.broadcast("isReady");
    expect(started).toEqual([true, true, true]);
  });

  test("survives tasks that come just as its worker is stopped for idling", async () => {
    await using executor = start({ workers: 1, idleTimeout: 1 });
    for (let i = 0; i < 200; i++) {
      expect(await executor.run("echo", i)).toBe(i);
      if (i % 3 === 0) await executor.run("sleep", i % 4);
    }
  });

  test("counts what it has done", async () => {
    await using executor = start({ workers: 1, concurrency: 2 });
    await Promise.allSettled([
      executor.run("sleep", 30),
      executor.run("fail", "x"),
      executor.run("sleep", 30),
    ]);
    const stats = executor.stats();
    expect(stats).toMatchObject({ pending: 0, inFlight: 0, succeeded: 2, failed: 1 });
    expect(stats.workers).toMatchObject([{ workerId: 1, state: "ready", inFlight: 0 }]);
    expect(stats.runTime.max).toBeGreaterThan(25);
    expect(stats.runTime.p50).toBeLessThanOrEqual(stats.runTime.p99);
    expect(stats.utilization).toBeGreaterThan(0);
    expect(stats.utilization).toBeLessThanOrEqual(1);
  });

  test("refuses options that make no sense, and says what would", () => {
    const cases: [object, RegExp][] = [
      [{ workers: 0 }, /workers must be a whole number of at least 1, got 0/],
      [{ workers: { min: 3, max: 2 } }, /workers.min must be at most workers.max \(2\), got 3/],
      [{ concurrency: 1.5 }, /concurrency must be a whole number/],
      [{ isolation: "fork" }, /isolation must be "thread" or "process" or "none", got fork/],
      [{ onFull: "drop" }, /onFull/],
      [{ timeout: -1 }, /timeout must be a number of milliseconds/],
      [{ maxQueue: NaN }, /maxQueue/],
    ];
    for (const [options, message] of cases) expect(() => start(options)).toThrow(message);
  });

  test("refuses workerData that cannot be cloned, in the tasks that would have had it", async () => {
    await using executor = start({ workerData: () => 1 });
    await expect(executor.run("echo", 1)).rejects.toBeInstanceOf(ModuleLoadError);
  });

  test("that is idle does not keep its program alive", async () => {
    const source = `
      import { Executor } from ${JSON.stringify(new URL("../../mod.ts", import.meta.url).href)};
      const executor = new Executor(null, { workers: 2, isolation: "${isolation}", idleTimeout: 50 });
      console.log(await executor.run((n) => n + 1, 1));
    `;
    expect(await startSource(source)).toEqual({ code: 0, out: "2\n", err: "" });
  });
});
