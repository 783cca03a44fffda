/** Workers that are replaced while the executor goes on: recycled, stalled, or dead at their start. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { Executor, ExecutorClosedError, type TaskContext } from "../../mod.ts";
import { conformance, startFixture } from "./backends.ts";

conformance("recycle", (start, isolation) => {
  test("never runs more than so many bodies on a worker, whatever they come from", async () => {
    await using executor = start({ workers: 2, concurrency: 2, recycle: { tasks: 3 } });
    const ran = new Map<number, number>();
    const seen = (workerId: number) => void ran.set(workerId, (ran.get(workerId) ?? 0) + 1);
    const failsOnce = (_: unknown, { workerId, attempt }: TaskContext) => {
      if (attempt === 1) throw Object.assign(new Error("once more"), { on: workerId });
      return workerId;
    };
    executor.addEventListener("retry", ({ detail }) => seen((detail.error as { on: number }).on));
    const yields = function* (_: unknown, { workerId }: TaskContext) {
      yield workerId;
    };
    for (let n = 0; n < 5; n++) seen(await executor.run("workerId"));
    for await (const id of executor.map("workerId", Array.from({ length: 12 }, (_, n) => n))) seen(id);
    for (const id of await Promise.all([1, 2, 3, 4].map(() => executor.run("workerId")))) seen(id);
    const retry = { attempts: 2, minDelay: 0, jitter: 0 };
    seen(await executor.run(failsOnce, undefined, { retry }));
    for await (const id of executor.stream(yields, undefined)) seen(id);
    for (const id of await executor.broadcast("workerId")) seen(id);
    expect([...ran.values()].reduce((sum, count) => sum + count)).toBe(5 + 12 + 4 + 2 + 1 + 2);
    expect(Math.max(...ran.values())).toBeLessThanOrEqual(3);
  });

  test("starts the successor while the worker still runs its last task", async () => {
    await using executor = start({ workers: 1, concurrency: 1, recycle: { tasks: 1 } });
    const [first] = await executor.ready().then(() => executor.stats().workers);
    const started = new Promise<number>((resolve) => {
      executor.addEventListener("workerstart", ({ detail }) => resolve(detail.workerId), { once: true });
    });
    const controller = new AbortController();
    const last = executor.run("untilAborted", undefined, { signal: controller.signal });
    const successor = await started;
    expect(executor.stats().workers.map(({ workerId }) => workerId)).toContain(first.workerId);
    controller.abort("enough");
    await expect(last).rejects.toBe("enough");
    expect(await executor.run("workerId")).toBe(successor);
  });

  test("has never more tasks in flight than there are slots, those on the workers that go included", async () => {
    await using executor = start({ workers: 1, concurrency: 3, recycle: { tasks: 4 } });
    const controllers = Array.from({ length: 12 }, () => new AbortController());
    const tasks = controllers.map(({ signal }) =>
      executor.run("untilAborted", undefined, { signal }).catch((reason) => reason)
    );
    let most = 0;
    const look = () => void (most = Math.max(most, executor.stats().inFlight));
    executor.addEventListener("workerstart", look);
    await executor.ready();
    // The last of three first: there is always one that a worker has yet to finish.
    for (const at of [2, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0]) {
      await expect.poll(() => executor.stats().inFlight, { timeout: 20_000, interval: 2 }).toBe(
        Math.min(3, executor.stats().pending + executor.stats().inFlight),
      );
      look();
      controllers[at].abort("done");
      await tasks[at];
    }
    expect(most).toBe(3);
    expect(new Set(await Promise.all(tasks))).toEqual(new Set(["done"]));
  });

  test("recycleWorkers() replaces idle and busy workers, and resolves when these are gone", async () => {
    await using executor = start({ workers: 2, concurrency: 2 });
    await executor.ready();
    const before = executor.stats().workers.map(({ workerId }) => workerId);
    const controller = new AbortController();
    const running = executor.run("untilAborted", undefined, { signal: controller.signal }).catch((why) =>
      why
    );
    const replaced = executor.recycleWorkers();
    expect(await executor.run("echo", "meanwhile")).toBe("meanwhile");
    controller.abort("finished");
    expect(await running).toBe("finished");
    await replaced;
    const after = executor.stats().workers.map(({ workerId }) => workerId);
    expect(after.filter((id) => before.includes(id))).toEqual([]);
    expect(after).toHaveLength(2);
    expect(after).toContain(await executor.run("workerId"));
    await executor.close();
    await expect(executor.recycleWorkers()).rejects.toThrow(ExecutorClosedError);
  });

  test.skipIf(isolation === "none")("gives each worker the module anew", async () => {
    const module = "data:text/javascript,let calls = 0; export const count = () => ++calls;";
    await using executor = new Executor(module, { workers: 1, isolation, recycle: { tasks: 2 } });
    expect(await executor.map("count", [1, 2, 3, 4]).toArray()).toEqual([1, 2, 1, 2]);
    expect(await executor.run("count", 0)).toBe(1);
    await executor.recycleWorkers();
    expect(await executor.run("count", 0)).toBe(1);
  });

  test("replaces a worker after so many tasks, loses none, and is never without a ready worker", async () => {
    await using executor = start({ workers: 1, concurrency: 4, recycle: { tasks: 20 } });
    await executor.ready();
    const ids = new Set<number>();
    let least = Infinity;
    const task = async (_: unknown, { workerId }: TaskContext) => {
      await new Promise((resolve) => setTimeout(resolve, 4));
      return workerId;
    };
    let count = 0;
    // However long a start takes here: until the third worker has come.
    function* inputs() {
      for (; ids.size < 3; count++) yield 0;
    }
    for await (const id of executor.map(task, inputs(), { window: 8 })) {
      ids.add(id);
      const ready = executor.stats().workers.filter(({ state }) => state === "ready").length;
      least = Math.min(least, ready);
    }
    expect(executor.stats()).toMatchObject({ succeeded: count, failed: 0 });
    expect(count).toBeGreaterThan(40);
    expect(least).toBeGreaterThanOrEqual(1);
  });

  test("replaces a worker at its age, once it is used", async () => {
    await using executor = start({ workers: 1, recycle: { ageMs: 1 } });
    const first = await executor.run("workerId");
    const replaced = new Promise((resolve) => executor.addEventListener("workerstart", resolve));
    await executor.run("sleep", 5);
    await replaced;
    expect(await executor.run("workerId")).toBeGreaterThan(first);
  });

  test("waits for the tasks of the one that goes", async () => {
    await using executor = start({ workers: 1, concurrency: 2, recycle: { tasks: 1 } });
    await executor.ready();
    const replaced = new Promise((resolve) => executor.addEventListener("workerstart", resolve));
    const long = executor.run("untilAborted", undefined, { timeout: 200 }).catch((error) => error.name);
    await executor.run("echo", 1);
    await replaced;
    expect(await executor.run("echo", "the new one")).toBe("the new one");
    expect(await long).toBe("TaskTimeoutError");
  });

  test.each([
    [{ tasks: 0 }, /recycle\.tasks must be a whole number of at least 1/],
    [{ ageMs: 0 }, /recycle\.ageMs must be a number of milliseconds, 1 or more/],
    [{ heapBytes: -1 }, /recycle\.heapBytes must be a whole number of at least 1/],
  ])("refuses %o", (recycle, message) => {
    expect(() => start({ recycle })).toThrow(message);
  });
});

test("a worker whose heap has grown is replaced", async () => {
  await using executor = new Executor(null, { workers: 1, recycle: { heapBytes: 150_000_000 } });
  await executor.ready();
  const replaced = new Promise((resolve) => executor.addEventListener("workerstart", resolve));
  const hoard = () => {
    (globalThis as unknown as { hoard: number[] }).hoard = new Array(30_000_000).fill(1.5);
  };
  const holds = () => "hoard" in globalThis;
  await executor.run(hoard);
  // It is looked at while tasks run.
  const running = executor.run(() => new Promise((resolve) => setTimeout(resolve, 400)));
  await replaced;
  await running;
  expect(await executor.run(holds)).toBe(false);
});

describe("a stall", () => {
  const block = (ms: number) => {
    for (const end = performance.now() + ms; performance.now() < end;);
    return "unblocked";
  };
  const wait = () => new Promise((resolve) => setTimeout(resolve, 5_000));

  test("is told with the tasks on the worker, which then gets no new ones", async () => {
    await using executor = new Executor(null, { workers: 2, concurrency: 2, stallTimeout: 200 });
    await executor.ready();
    const stalled = new Promise<{ workerId: number; silence: number; tasks: { taskId: number }[] }>(
      (resolve) => {
        executor.addEventListener("stall", ({ detail }) => resolve(detail));
      },
    );
    const blocked = executor.submit(block, 1_000);
    const { workerId, silence, tasks } = await stalled;
    expect(silence).toBeGreaterThanOrEqual(200);
    expect(tasks.map(({ taskId }) => taskId)).toEqual([blocked.id]);
    const ids = await executor.map(
      (_: unknown, context) => context.workerId,
      new Array(20).fill(0),
    ).toArray();
    expect(ids).not.toContain(workerId);
    // It was only slow: nothing is lost.
    expect(await blocked.result).toBe("unblocked");
    expect(executor.stats().workers.map(({ workerId }) => workerId)).toContain(workerId);
  });

  test("that outlasts the grace period ends the worker, and its tasks with it", async () => {
    const executor = new Executor(null, { workers: 1, concurrency: 2, stallTimeout: 400, gracePeriod: 400 });
    await executor.ready();
    const neighbour = executor.run(wait).catch((error) => error);
    const blocked = executor.run(block, 3_000).catch((error) => error);
    for (const error of await Promise.all([neighbour, blocked])) {
      expect(error.name).toBe("WorkerLostError");
      expect(error.reason).toMatch(/its event loop was blocked for \d+ ms \(stallTimeout\)/);
    }
    // The next worker of a busy machine may wait for its core for as long.
    expect(await executor.run((n: number) => n, 1, { retry: { losses: 2 } })).toBe(1);
    await executor.close();
  });

  test("is not what a caller makes of its own block", async () => {
    // A worker of a busy machine may well wait for its core for half a second.
    await using executor = new Executor(null, { workers: 1, stallTimeout: 1_500 });
    await executor.ready();
    let stalls = 0;
    executor.addEventListener("stall", () => void stalls++);
    const running = executor.run(() => new Promise((resolve) => setTimeout(resolve, 3_000)));
    await new Promise((resolve) => setTimeout(resolve, 20));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500);
    await running;
    expect(stalls).toBe(0);
  });
});

test("recycleWorkers() rejects if there can be no others, and the old ones go on", async () => {
  const flag = join(await mkdtemp(join(tmpdir(), "flag-")), "flag");
  await writeFile(flag, "");
  await using executor = startFixture("starts_once.ts", { workers: 1, workerData: flag });
  expect(await executor.run("echo", 1)).toBe(1);
  await writeFile(flag, "from now on");
  await expect(executor.recycleWorkers()).rejects.toMatchObject({ name: "ModuleLoadError" });
  expect(await executor.run("echo", 2)).toBe(2);
  await rm(dirname(flag), { recursive: true });
});

test("a worker that has had its tasks, and can have no successor, keeps nobody waiting", async () => {
  const flag = join(await mkdtemp(join(tmpdir(), "flag-")), "flag");
  await writeFile(flag, "");
  await using executor = startFixture("starts_once.ts", {
    workers: 1,
    workerData: flag,
    recycle: { tasks: 1 },
  });
  expect(await executor.run("echo", 1)).toBe(1);
  await writeFile(flag, "from now on");
  // The first of them may find a successor that had started before.
  const outcomes = await Promise.allSettled([1, 2, 3].map((n) => executor.run("echo", n)));
  expect(outcomes[2]).toMatchObject({ reason: { name: "ModuleLoadError" } });
  await rm(dirname(flag), { recursive: true });
});

test("a pool whose workers cannot start again gives up with one error, after several tries", async () => {
  // Its first worker is sound; all later ones throw while they load.
  const flag = join(await mkdtemp(join(tmpdir(), "flag-")), "flag");
  await writeFile(flag, "");
  await using executor = startFixture("starts_once.ts", { workers: 1, workerData: flag });
  expect(await executor.run("echo", 1)).toBe(1);
  await writeFile(flag, "from now on");
  await expect(executor.run("die", undefined)).rejects.toMatchObject({ name: "WorkerLostError" });
  const errors = await Promise.all([1, 2, 3].map((n) => executor.run("echo", n).catch((error) => error)));
  for (const error of errors) expect(error).toMatchObject({ name: "ModuleLoadError" });
  expect(new Set(errors).size).toBe(1);
  expect((await readFile(flag, "utf8")).split("\n").filter((line) => line === "start")).toHaveLength(6);
  await rm(dirname(flag), { recursive: true });
});
