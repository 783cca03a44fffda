/** `timeout` counts a body's own time: what waits behind another body has not run. */
import { describe, expect, test } from "vitest";
import { Executor, TaskTimeoutError } from "../../mod.ts";
import { conformance } from "./backends.ts";

const ISOLATIONS = ["thread", "process"] as const;

/** Of six inputs, one holds its loop for so long that it must be stopped. It ends by itself in the end, as Deno cannot end a thread. */
const HOLDERS = {
  "from the first line on": (n: number) => {
    for (const end = performance.now() + 4_000; n % 6 === 2 && performance.now() < end;);
    return n;
  },
  "after a wait": async (n: number) => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    for (const end = performance.now() + 4_000; n % 6 === 2 && performance.now() < end;);
    return n;
  },
};

describe.each(ISOLATIONS)('of inputs that hold their loop, on "%s"', (isolation) => {
  test.each<{ timeout: number; when: keyof typeof HOLDERS; holding: number[] }>([
    { timeout: 400, when: "from the first line on", holding: [2, 8] },
    // It runs twice, as its worker cannot tell that it is the one that holds the loop.
    { timeout: 150, when: "after a wait", holding: [2] },
  ])("exactly those fail: $timeout ms, $when", async ({ timeout, when, holding }) => {
    await using executor = new Executor(null, {
      workers: 2,
      concurrency: 4,
      isolation,
      timeout,
      gracePeriod: 20,
      retry: { losses: 2, minDelay: 0, jitter: 0 },
    });
    const inputs = Array.from({ length: 6 * holding.length }, (_, n) => n);
    const outcomes = await executor.map(HOLDERS[when], inputs, { settled: true }).toArray();
    const failed = outcomes.filter(({ status }) => status === "rejected");
    expect(failed.map(({ index }) => index)).toEqual(holding);
    for (const outcome of failed) {
      expect(outcome).toMatchObject({ reason: expect.any(TaskTimeoutError) });
      expect(outcome.ms).toBeGreaterThanOrEqual(timeout);
    }
    void executor.terminate();
  });

  test("what was sent behind one and has not begun runs elsewhere", async () => {
    await using executor = new Executor(null, { workers: 1, concurrency: 8, isolation, gracePeriod: 20 });
    await executor.ready();
    const outcomes = await executor.map(HOLDERS["from the first line on"], [2, 3, 4, 5, 6, 7], {
      settled: true,
      timeout: 1_000,
    }).toArray();
    expect(outcomes.map(({ status, attempts }) => `${status} ${attempts}`)).toEqual([
      "rejected 1",
      ...new Array(5).fill("fulfilled 1"),
    ]);
  });
});

conformance("a timeout", (start) => {
  test("does not count the computing of neighbours on the loop", async () => {
    // A body that has waited for a core for half a second runs again.
    const retry = { losses: 2, minDelay: 0 };
    await using executor = start({ workers: 1, concurrency: 16, timeout: 1_400, retry });
    await executor.ready();
    const task = async (n: number) => {
      for (let part = 0; part < 2; part++) {
        for (const end = performance.now() + 50; performance.now() < end;);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return n;
    };
    // Each takes 102 ms by itself, and 1,600 ms in this company.
    const inputs = Array.from({ length: 16 }, (_, n) => n);
    expect(await executor.map(task, inputs).toArray()).toEqual(inputs);
  });

  test("ends a body that waits on a loop that others use", async () => {
    await using executor = start({ workers: 1, concurrency: 4 });
    await executor.ready();
    const waits = executor.run("sleep", 60_000, { timeout: 200 });
    const busy = Array.from({ length: 3 }, () =>
      executor.run(async () => {
        for (let part = 0; part < 20; part++) {
          for (const end = performance.now() + 5; performance.now() < end;);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }));
    await expect(waits).rejects.toBeInstanceOf(TaskTimeoutError);
    await Promise.all(busy);
  });

  test("leaves no task with a time below zero", async () => {
    await using executor = start({ workers: 1 });
    await executor.run("echo", 0, { timeout: 10_000 });
    // Short enough that the worker reads its clock for several of them at once.
    const brief = (n: number) => {
      for (const end = performance.now() + 0.02; performance.now() < end;);
      return n;
    };
    await executor.map(brief, Array.from({ length: 3_000 }, (_, n) => n)).toArray();
    expect(executor.stats().runTime.min).toBeGreaterThanOrEqual(0);
  });

  test("is as long in the outcome as the body ran", async () => {
    await using executor = start({ workers: 1 });
    const [outcome] = await executor.map("sleep", [60_000], { settled: true, timeout: 100 }).toArray();
    expect(outcome).toMatchObject({ status: "rejected", attempts: 1 });
    expect(outcome.ms).toBeGreaterThanOrEqual(95);
    expect(executor.stats().runTime.max).toBe(outcome.ms);
  });
});

test.each(ISOLATIONS)('a task that loses its worker on "%s" has run until then', async (isolation) => {
  await using executor = new Executor(null, { workers: 1, isolation });
  const task = async () => {
    await new Promise((resolve) => setTimeout(resolve, 120));
    (globalThis as unknown as { process: { exit(): void } }).process.exit();
  };
  const [outcome] = await executor.map(task, [undefined], { settled: true }).toArray();
  expect(outcome).toMatchObject({ status: "rejected", reason: { name: "WorkerLostError" } });
  expect(outcome.ms).toBeGreaterThanOrEqual(100);
  expect(executor.stats().runTime.max).toBe(outcome.ms);
});
