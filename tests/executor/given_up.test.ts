/** Workers that were given up, and tasks that were cancelled, while a body held the loop: nothing more of them starts. */
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Executor, type ExecutorOptions, type Isolation } from "../../mod.ts";

type Tasks = typeof import("./fixtures/held.ts");

let folder: string;
let files: { log: string; flag: string };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "given-up-"));
  files = { log: join(folder, "log"), flag: join(folder, "flag") };
  await writeFile(files.log, "");
});

afterEach(async () => {
  // Whatever went wrong, no thread goes on.
  await release();
  await noThreads();
  await rm(folder, { recursive: true });
});

function start(isolation: Isolation, options: ExecutorOptions = {}): Executor<Tasks> {
  return new Executor<Tasks>(new URL("./fixtures/held.ts", import.meta.url), {
    isolation,
    workers: 1,
    concurrency: 8,
    workerData: files,
    hooks: false,
    ...options,
  });
}

/** What has started so far. */
function log(): string[] {
  return readFileSync(files.log, "utf8").split("\n").filter((line) => line !== "");
}

async function started(...lines: string[]): Promise<void> {
  while (!lines.every((line) => log().includes(line))) await pause(5);
}

async function release(): Promise<void> {
  await writeFile(files.flag, "");
}

/** Resolves when every thread of an executor has ended, those included that nobody knows any more. */
async function noThreads(): Promise<void> {
  const { locks } = navigator as unknown as { locks?: { query(): Promise<{ held: { name: string }[] }> } };
  // Node stops its threads at once, and has locks only since 24.5.
  if (!locks) return;
  while ((await locks.query()).held.some(({ name }) => name.startsWith("polyloop:"))) await pause(5);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const inputs = (count: number) => Array.from({ length: count }, (_, id) => ({ id, holds: id === 0 }));

describe.each<Isolation>(["thread", "process"])('a worker on "%s" that was given up', (isolation) => {
  test("starts nothing more: terminate(), with calls and inputs of a map behind the body that holds the loop", async () => {
    const executor = start(isolation);
    const results = executor.map("hold", inputs(20), { settled: true }).toArray().catch(() => {});
    const calls = [20, 21].map((id) => executor.run("hold", { id, holds: true }).catch(() => {}));
    await started("0");
    await executor.terminate();
    await Promise.all([results, ...calls]);
    await release();
    await noThreads();
    expect(log()).toEqual(["0"]);
  });

  test("ends also where the body did not hold the loop in its first call", async () => {
    const executor = start(isolation);
    const calls = [0, 1].map((id) => executor.run("holdLater", id).catch(() => {}));
    await started("0");
    await executor.terminate();
    await Promise.all(calls);
    await release();
    await noThreads();
    expect(log().length).toBeLessThanOrEqual(2);
  });

  test("takes nothing more from a generator, streamed or collected", async () => {
    for (const streams of [true, false]) {
      const executor = start(isolation);
      const count = 200_000;
      const read = streams
        ? (async () => {
          for await (const _ of executor.stream("holdsBetween", count));
        })()
        : executor.run("holdsBetween", count);
      const failed = read.catch(() => {});
      await started("1");
      await executor.terminate();
      await failed;
      await release();
      await noThreads();
      // On Deno the value that was being made is the last.
      expect(log()).toEqual(["0", "1"]);
      await rm(files.flag);
      await writeFile(files.log, "");
    }
  });

  test("does not begin to set up: close() while its module loads", async () => {
    const module = new URL("./fixtures/holds_on_import.ts", import.meta.url);
    module.search = new URLSearchParams(files).toString();
    const executor = new Executor(module, { isolation, workers: 1 });
    const ready = executor.ready().catch(() => {});
    await started("load");
    await executor.close();
    await ready;
    await release();
    await noThreads();
    expect(log()).toEqual(["load"]);
  });
});

describe.each<Isolation>(["thread", "process"])('beside a body on "%s" that never ends', (isolation) => {
  test.each(
    [
      ["from its first line on", "hold"],
      ["only after its first await", "holdOn"],
    ] as const,
  )(
    "and holds the loop %s: what had ended is delivered, what was sent behind it runs once elsewhere",
    async (_, task) => {
      // Without `retry.losses`: for none of the others the loss of the worker counts.
      await using executor = start(isolation, { timeout: 1_000, gracePeriod: 100 });
      const all = Array.from({ length: 12 }, (_, id) => ({ id, holds: id === 5 }));
      const outcomes = await executor.map(task, all, { settled: true }).toArray();
      expect(outcomes.map((outcome) => outcome.status === "fulfilled" ? outcome.value : outcome.reason.name))
        .toEqual([0, 1, 2, 3, 4, "TaskTimeoutError", 6, 7, 8, 9, 10, 11]);
      await release();
      await executor.close();
      await noThreads();
      expect(log().map(Number).toSorted((one, other) => one - other)).toEqual(all.map(({ id }) => id));
    },
  );

  test("what async functions have returned is delivered meanwhile, if they waited for nothing", async () => {
    await using executor = start(isolation);
    await executor.ready();
    const calls = Array.from({ length: 8 }, (_, id) => executor.run("holdAsync", { id, holds: id === 7 }));
    expect(await Promise.all(calls.slice(0, 7))).toEqual([0, 1, 2, 3, 4, 5, 6]);
    await release();
    expect(await calls[7]).toBe(7);
  });

  test("so it is in a stall", async () => {
    await using executor = start(isolation, { stallTimeout: 500, gracePeriod: 300, retry: { losses: 1 } });
    const first = executor.run("hold", { id: 0, holds: true }).catch((error) => error.name);
    const others = [1, 2, 3].map((id) => executor.run("hold", { id, holds: false }));
    expect(await Promise.all(others)).toEqual([1, 2, 3]);
    await release();
    await first;
    await executor.close();
    await noThreads();
    // The one that holds the loop has another try; nobody else had one before.
    expect(log().filter((line) => line !== "0").toSorted()).toEqual(["1", "2", "3"]);
  });
});

describe.each<Isolation>(["thread", "process"])('a task on "%s" that waits behind a body', (isolation) => {
  test("never starts once it was cancelled, though the abort cannot be read meanwhile", async () => {
    await using executor = start(isolation);
    await executor.ready();
    const first = executor.run("hold", { id: 0, holds: true });
    const controller = new AbortController();
    const { signal } = controller;
    const calls = [1, 2, 3].map((id) => executor.run("hold", { id, holds: false }, { signal }));
    const settled = Promise.allSettled(calls);
    await started("0");
    // A process gives back what a body has kept waiting for a tenth of a second: it shares no memory.
    await pause(200);
    controller.abort();
    for (const { status } of await settled) expect(status).toBe("rejected");
    await release();
    expect(await first).toBe(0);
    expect(await executor.run("hold", { id: 9, holds: false })).toBe(9);
    expect(log()).toEqual(["0", "9"]);
  });
});

describe("a thread that computes on", () => {
  const canStop = !("Deno" in globalThis);
  const options: ExecutorOptions = { timeout: 100, gracePeriod: 50, hooks: true };

  test.skipIf(canStop)("is told once, and counted until it has ended", async () => {
    const executor = start("thread", options);
    const events: number[] = [];
    const stuck = new Promise<void>((resolve) => {
      executor.addEventListener("threadstuck", (event) => {
        event.preventDefault();
        events.push(event.detail.workerId);
        resolve();
      });
    });
    await expect(executor.run("hold", { id: 0, holds: true })).rejects.toMatchObject({
      name: "TaskTimeoutError",
    });
    await stuck;
    expect(executor.stats().stuckThreads).toBe(1);
    expect(events).toEqual([1]);
    await release();
    await noThreads();
    await expect.poll(() => executor.stats().stuckThreads).toBe(0);
    await executor.close();
  });

  test.skipIf(canStop)('is followed by processes alone, with onStuckThread: "process"', async () => {
    await using executor = start("thread", { ...options, workers: 2, onStuckThread: "process" });
    executor.addEventListener("threadstuck", (event) => event.preventDefault());
    await executor.ready();
    // A call may take longer than the default timeout on a busy machine.
    const pids = () => executor.broadcast("pid", undefined, { timeout: Infinity });
    expect(await pids()).toEqual([process.pid, process.pid]);
    const outcome = executor.run("hold", { id: 0, holds: true }).catch(({ name }) => name);
    expect(await outcome).toBe("TaskTimeoutError");
    // The one that is not stuck is replaced when its successor is ready.
    while ((await pids()).includes(process.pid)) await pause(20);
    const [one, other] = await pids();
    expect(one).not.toBe(other);
    // Those have been set up, and can be stopped.
    expect(log().filter((line) => line === "setup").length).toBeGreaterThanOrEqual(4);
    expect(await executor.run("hold", { id: 1, holds: true }).catch(({ name }) => name)).toBe(
      "TaskTimeoutError",
    );
    await executor.close();
    expect(executor.stats().stuckThreads).toBe(1);
    expect(existsSync(files.flag)).toBe(false);
  });

  test("is not told where threads can be stopped, or have ended by themselves", async () => {
    const executor = start("thread");
    let events = 0;
    executor.addEventListener("threadstuck", () => events++);
    await executor.run("hold", { id: 0, holds: false });
    await executor.close();
    await noThreads();
    expect([events, executor.stats().stuckThreads]).toEqual([0, 0]);
  });
});

test("onStuckThread is refused where it cannot be: an unknown word, a function that starts threads", () => {
  expect(() => new Executor(null, { onStuckThread: "processes" as "process" })).toThrow(
    'onStuckThread must be "thread" or "process"',
  );
  const startThread = () => undefined as never;
  expect(() => new Executor(startThread, { onStuckThread: "process" })).toThrow(TypeError);
});
