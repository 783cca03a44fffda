/** `rate`: the schedule alone, on a clock of the test's own, and what an executor makes of it. */
import { describe, expect, test } from "vitest";
import { Executor, ExecutorClosedError, TaskTimeoutError, WorkerLostError } from "../../mod.ts";
import { Rate } from "../../lib/executor/rate.ts";
import { conformance, startFixture } from "./backends.ts";

const FIFTY = { tasks: 50, perMs: 1_000 };

/** Starts what is due at each of these times; `waiting` says whether there is ever more. Returns the starts. */
function starts(rate: Rate, times: Iterable<number>, waiting = true): number[] {
  const at: number[] = [];
  for (const time of times) {
    const due = rate.due(time);
    for (let n = 0; n < due; n++) at.push(time);
    rate.started(due, time, waiting);
  }
  return at;
}

/** The most starts in any such window. */
function most(starts: number[], window: number): number {
  return Math.max(...starts.map((from) => starts.filter((at) => at >= from && at <= from + window).length));
}

describe("the schedule", () => {
  test.each([[15], [40], [90]])(
    "50/s with timers that are up to %d ms late: 500 starts in 10 s, no 100 ms with more than 7",
    (latest) => {
      let late = 1;
      const rate = new Rate(FIFTY);
      const at: number[] = [];
      for (let now = 0; now < 10_000;) {
        at.push(...starts(rate, [now]));
        // A linear congruence: every lateness comes, in no order that anything could fall in step with. Most are small.
        late = (late * 7 + 5) % 16;
        now += rate.wait(now) + (late === 3 ? latest : late / 8);
      }
      expect(at.length).toBeGreaterThanOrEqual(495);
      expect(at.length).toBeLessThanOrEqual(501);
      expect(most(at, 100)).toBeLessThanOrEqual(7);
    },
  );

  test("4,000/s on timers of 2 ms: eight at a time, and the sum is exact", () => {
    const at = starts(
      new Rate({ tasks: 4_000, perMs: 1_000 }),
      Array.from({ length: 1_000 }, (_, n) => 2 * n),
    );
    expect(at.length).toBe(7_993);
    expect(most(at.slice(1), 1)).toBe(8);
  });

  test("10/m leaves six seconds between two, from the first on", () => {
    const at = starts(new Rate({ tasks: 10, perMs: 60_000 }), Array.from({ length: 60_001 }, (_, n) => n));
    expect(at).toEqual(Array.from({ length: 11 }, (_, n) => 6_000 * n));
  });

  test("what nobody waited for is not made up for", () => {
    const rate = new Rate(FIFTY);
    expect(starts(rate, [0], false)).toEqual([0]);
    expect(starts(rate, [5_000, 5_001, 5_019, 5_020])).toEqual([5_000, 5_020]);
  });

  test("of a second in which nothing could start, a tenth is made up for, and not in a burst", () => {
    const rate = new Rate(FIFTY);
    starts(rate, [0, 20]);
    rate.started(0, 30, true);
    const at = starts(rate, Array.from({ length: 2_001 }, (_, n) => 1_000 + n));
    expect(at.length).toBe(106);
    expect(most(at, 100)).toBe(7);
    expect(most(at, 1_000)).toBe(56);
  });

  test("10,000/s is caught up with at twelve per millisecond, after those of five milliseconds", () => {
    const rate = new Rate({ tasks: 10_000, perMs: 1_000 });
    starts(rate, [0]);
    const at = starts(rate, Array.from({ length: 2_000 }, (_, n) => 100 + n));
    expect(at.filter((time) => time === 100).length).toBeLessThanOrEqual(61);
    expect(most(at.filter((time) => time > 100), 0)).toBeLessThanOrEqual(13);
    expect(Math.abs(at.length - 20_990)).toBeLessThanOrEqual(2);
  });
});

conformance("rate", (start) => {
  test("starts one after another, and every attempt counts", async () => {
    await using executor = start({ rate: FIFTY });
    await executor.ready();
    const begun = performance.now();
    const failTwice = (_: unknown, { attempt }: { attempt: number }) => {
      if (attempt < 3) throw new Error("not yet");
      return attempt;
    };
    const retry = { attempts: 3, minDelay: 0, jitter: 0 };
    expect(await executor.map(failTwice, [1, 2, 3, 4], { retry }).toArray()).toEqual([3, 3, 3, 3]);
    // Twelve starts: eleven times 20 ms.
    expect(performance.now() - begun).toBeGreaterThanOrEqual(220);
  });

  test("uses all workers in turn, and nothing is sent ahead", async () => {
    await using executor = start({ rate: { tasks: 1_000, perMs: 1_000 }, concurrency: 4 });
    await executor.ready();
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, ...executor.stats().workers.map(({ inFlight }) => inFlight));
    }, 1);
    const ids = await executor.map("workerId", Array.from({ length: 200 }, (_, n) => n)).toArray();
    clearInterval(watch);
    expect(most).toBeLessThanOrEqual(4);
    expect(new Set(ids).size).toBe(2);
  });

  test("a task that waits for its turn can be cancelled, and time out in the queue", async () => {
    await using executor = start({ rate: { tasks: 1, perMs: 3_600_000 } });
    expect(await executor.run("echo", 1)).toBe(1);
    const controller = new AbortController();
    const cancelled = executor.run("echo", 2, { signal: controller.signal });
    const late = executor.run("echo", 3, { queueTimeout: 20 });
    controller.abort("no more");
    await expect(cancelled).rejects.toBe("no more");
    await expect(late).rejects.toThrow(TaskTimeoutError);
    expect(executor.stats()).toMatchObject({ pending: 0, inFlight: 0 });
  });

  test("terminate() and close({ timeout }) do not wait for it", async () => {
    const executor = start({ rate: { tasks: 1, perMs: 3_600_000 } });
    const results = Promise.allSettled([1, 2, 3].map((n) => executor.run("echo", n)));
    const mapped = executor.map("echo", [4, 5], { settled: true }).toArray();
    await executor.close({ timeout: 50 });
    const [first, ...others] = await results;
    expect(["fulfilled", "rejected"]).toContain(first.status);
    for (const other of others) {
      expect(other).toMatchObject({ status: "rejected", reason: expect.any(ExecutorClosedError) });
    }
    expect((await mapped).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  test("leaving a map early ends it though its next task is an hour away", async () => {
    await using executor = start({ rate: { tasks: 1, perMs: 3_600_000 } });
    for await (const value of executor.map("echo", [1, 2, 3])) {
      expect(value).toBe(1);
      break;
    }
    expect(executor.stats().pending).toBe(0);
  });

  test("close() finishes what is queued, at its pace", async () => {
    const executor = start({ rate: FIFTY });
    await executor.ready();
    const begun = performance.now();
    const results = Promise.all([1, 2, 3, 4].map((n) => executor.run("echo", n)));
    await executor.close();
    expect(performance.now() - begun).toBeGreaterThanOrEqual(60);
    expect(await results).toEqual([1, 2, 3, 4]);
  });
});

test.each(["thread", "process"] as const)(
  'a task whose workers are lost, on "%s", runs alone in its turn, and the others come to theirs',
  async (isolation) => {
    await using executor = startFixture("deadly.ts", {
      isolation,
      rate: { tasks: 200, perMs: 1_000 },
      retry: { losses: 2, minDelay: 0 },
    });
    const [culprit, ...others] = await Promise.allSettled([
      executor.run("die", "process.exit"),
      ...Array.from({ length: 40 }, (_, n) => executor.run("echo", n)),
    ]);
    expect(culprit).toMatchObject({ status: "rejected", reason: expect.any(WorkerLostError) });
    expect(others.map((other) => other.status === "fulfilled" && other.value)).toEqual([...others.keys()]);
  },
);

test.each([
  [{ tasks: 0, perMs: 1_000 }, "rate.tasks must be a number, at least"],
  [{ tasks: 1, perMs: NaN }, "rate.perMs must be a number, at least"],
  [{ tasks: 1, perMs: 2 ** 31 }, "rate must be a task per"],
  [{ tasks: Infinity, perMs: 1 }, "rate must be a task per"],
])("a rate of %j is refused", (rate, message) => {
  expect(() => new Executor(null, { rate })).toThrow(message);
});
