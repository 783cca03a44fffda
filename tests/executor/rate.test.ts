/** `rate`: the schedule alone, on a clock of the test's own, and what an executor makes of it. */
import { describe, expect, test } from "vitest";
import {
  Executor,
  ExecutorClosedError,
  type TaskContext,
  TaskTimeoutError,
  WorkerLostError,
} from "../../mod.ts";
import { Rate } from "../../lib/executor/queue/rate.ts";
import { conformance, startFixture } from "./backends.ts";

const FIFTY = { tasks: 50, perMs: 1_000 };

const rateOf = ({ tasks, perMs }: { tasks: number; perMs: number }) =>
  new Rate({ amount: tasks, perMs, isCount: true });

/** Starts what is due at each of these times; each body begins `late(n)` milliseconds after it was sent. Returns when. */
function starts(rate: Rate, times: Iterable<number>, late = (_: number) => 0): number[] {
  const at: number[] = [];
  let busyUntil = -Infinity;
  for (const time of times) {
    // As an executor does: while a start is on its way, there is no other.
    if (time < busyUntil) continue;
    rate.begin();
    const due = rate.due(time);
    rate.started(due, time);
    for (let n = 0; n < due; n++) {
      busyUntil = time + late(at.length);
      rate.begun(1, busyUntil, false);
      at.push(busyUntil);
    }
  }
  return at;
}

/** The most starts in any such window. */
function most(starts: number[], window: number): number {
  return Math.max(...starts.map((from) => starts.filter((at) => at >= from && at < from + window).length));
}

/** The shortest time between two starts that follow one another. */
function shortest(starts: number[]): number {
  return Math.min(...starts.slice(1).map((at, n) => at - starts[n]));
}

/** A linear congruence: numbers from 0 to 15 that nothing falls in step with. */
function jitter(): () => number {
  let last = 1;
  return () => last = (last * 7 + 5) % 16;
}

describe("the schedule", () => {
  test.each([[0], [15], [40], [90]])(
    "10/s, bodies that begin up to %d ms late: no second with more than 10 starts, no two closer than 100 ms",
    (latest) => {
      const next = jitter();
      const rate = rateOf({ tasks: 10, perMs: 1_000 });
      const at = starts(rate, Array.from({ length: 20_000 }, (_, n) => n), () => next() / 15 * latest);
      expect(most(at, 1_000)).toBeLessThanOrEqual(10);
      expect(shortest(at)).toBeGreaterThanOrEqual(100);
      expect(at.length).toBeGreaterThanOrEqual(Math.floor(20_000 / (103 + latest)));
    },
  );

  test.each([
    [{ tasks: 50, perMs: 1_000 }],
    [{ tasks: 100, perMs: 1_000 }],
    [{ tasks: 200, perMs: 1_000 }],
    [{ tasks: 1_000, perMs: 1_000 }],
    [{ tasks: 997, perMs: 1_000 }],
    [{ tasks: 3_000, perMs: 3_000 }],
  ])(
    "%j, on timers and bodies that are a little late: never more, and 24 of 25 at least",
    ({ tasks, perMs }) => {
      const next = jitter();
      const rate = rateOf({ tasks, perMs });
      const times = Array.from({ length: 4_000 }, (_, n) => n + next() / 16);
      const at = starts(rate, times, () => next() / 8);
      expect(most(at, perMs)).toBeLessThanOrEqual(tasks);
      expect(at.length).toBeGreaterThanOrEqual(tasks / perMs * 4_000 * 0.96);
    },
  );

  test("10/m leaves six seconds between two, from the first on", () => {
    const at = starts(rateOf({ tasks: 10, perMs: 60_000 }), Array.from({ length: 60_001 }, (_, n) => n));
    // And a little more, because requests take different times to a server.
    expect(at).toEqual(Array.from({ length: 10 }, (_, n) => 6_048 * n));
  });

  test.each([[{ tasks: 50, perMs: 1_000 }, 1], [{ tasks: 1_000, perMs: 1_000 }, 20]])(
    "%j: of a second in which nothing could start, nothing is made up for",
    (options, together) => {
      const rate = rateOf(options);
      starts(rate, [0, 20]);
      const at = starts(rate, Array.from({ length: 2_001 }, (_, n) => 1_000 + n));
      expect(at.filter((time) => time === 1_000).length).toBeLessThanOrEqual(together);
      expect(most(at, 1_000)).toBeLessThanOrEqual(options.tasks);
    },
  );

  test.each([[1, 0], [10, 9], [50, 49]])(
    "%d/s: one that is on its way for long counts until it begins, and leaves room for %d others in any second",
    (tasks, others) => {
      const rate = rateOf({ tasks, perMs: 1_000 });
      const starts: number[] = [];
      for (let now = 0; now < 5_000; now++) {
        rate.begin();
        const due = rate.due(now, 1);
        rate.started(due, now);
        for (let n = 0; n < due; n++) {
          rate.begun(1, now, false);
          starts.push(now);
        }
        if (due === 0 && others > 0) expect(rate.wait(now, 1, 1)).toBeLessThan(1_100);
      }
      expect(most(starts.length > 0 ? starts : [Infinity], 1_000)).toBe(others);
      if (others === 0) expect(rate.wait(5_000, 1, 1)).toBe(Infinity);
    },
  );

  /** Starts tasks of these weights in their order, as soon as they may. Returns when each began, and its weight. */
  function weighted(rate: Rate, weights: number[], late: (n: number) => number = () => 0) {
    const begun: { at: number; weight: number }[] = [];
    for (let now = 0; begun.length < weights.length; now++) {
      rate.begin();
      const sent: number[] = [];
      for (let at = begun.length; at < weights.length && rate.admits(weights[at], now); at++) {
        rate.started(weights[at], now);
        sent.push(weights[at]);
      }
      for (const weight of sent) {
        now += late(begun.length);
        rate.begun(weight, now, false);
        begun.push({ at: now, weight });
      }
    }
    return begun;
  }

  test.each([
    [{ amount: 90_000, perMs: 60_000 }, 3_000, 500, 0.95],
    [{ amount: 1_000, perMs: 1_000 }, 1_000, 100, 0.5],
    [{ amount: 100, perMs: 1_000 }, 1, 400, 0.85],
    [{ amount: 10_000, perMs: 1_000 }, 20, 3_000, 0.85],
  ])(
    "%j, %d at most for a task: never more in any window, and as much as the order allows",
    ({ amount, perMs }, heaviest, count, part) => {
      const next = jitter();
      const weights = Array.from({ length: count }, () => next() / 15 * heaviest);
      const begun = weighted(new Rate({ amount, perMs, isCount: false }), weights, () => next() / 8);
      const sums = begun.map(({ at: from }) =>
        begun.filter(({ at }) => at >= from && at < from + perMs).reduce((sum, { weight }) => sum + weight, 0)
      );
      expect(Math.max(...sums)).toBeLessThanOrEqual(amount);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      expect(total / begun.at(-1)!.at).toBeGreaterThan(part * amount / perMs);
    },
  );

  test("a heavy task makes the next one wait as long as it weighs, and one without weight never waits", () => {
    const rate = new Rate({ amount: 600, perMs: 60_000, isCount: false });
    const begun = weighted(rate, [100, 0, 0, 300, 600, 1]);
    // 60.5 seconds are spread over 600, and a window has no room after 600 until it is over.
    expect(begun.map(({ at }) => at)).toEqual([0, 0, 0, 10_064, 70_564, 131_064]);
  });

  test("what a task has used counts from then on, in place of its weight", () => {
    const rate = new Rate({ amount: 600, perMs: 60_000, isCount: false });
    const begin = (weight: number, now: number) => {
      rate.begin();
      rate.started(weight, now);
      rate.begun(weight, now, false);
    };
    begin(600, 0);
    rate.begin();
    expect(rate.wait(1_000, 300)).toBeGreaterThan(50_000);
    rate.takeBack(600, 0, false);
    rate.used(60, 1_000);
    expect(rate.wait(6_100, 300)).toBe(0);
    begin(300, 6_100);
    rate.takeBack(300, 6_100, false);
    rate.used(550, 7_000);
    rate.begin();
    // The first amount leaves the window at 61.5 s, and the second at 67.5 s.
    expect(rate.wait(61_500, 100)).toBe(6_000);
  });

  test("what light tasks leave is there for a heavy one", () => {
    const rate = new Rate({ amount: 600, perMs: 60_000, isCount: false });
    const begun: number[] = [];
    for (const [now, weight] of [[0, 1], [10_000, 100], [10_001, 20], [10_002, 20]]) {
      rate.begin();
      if (!rate.admits(weight, now)) continue;
      rate.started(weight, now);
      rate.begun(weight, now, false);
      begun.push(weight);
    }
    // After ten seconds, a hundred are there, and one start may come before its place.
    expect(begun).toEqual([1, 100]);
  });

  test.each([
    ["tasks", { amount: 10, perMs: 60_000, isCount: true }, 1],
    ["weights", { amount: 600, perMs: 60_000, isCount: false }, 300],
    ["light weights", { amount: 600, perMs: 60_000, isCount: false }, 3],
    ["fast tasks", { amount: 300, perMs: 60_000, isCount: true }, 1],
  ])("successors that take over what was saved exceed it in no window: %s", (_, amount, heaviest) => {
    const next = jitter();
    let rate = new Rate(amount);
    const begun: { at: number; weight: number }[] = [];
    let saved = rate.save(0, 0);
    let kill = 5_000;
    for (let now = 0, weight = heaviest; now < 600_000; now += 25) {
      rate.begin();
      let hasStarted = false;
      while (rate.admits(weight, now) && !(hasStarted && now >= kill)) {
        hasStarted = true;
        rate.started(weight, now);
        begun.push({ at: now, weight });
        if (rate.isUnsaved) saved = rate.save(weight, now);
        rate.begun(weight, now, false);
        weight = amount.isCount ? 1 : Math.max(1, next() / 15 * heaviest);
        rate.begin();
      }
      if (!hasStarted || now < kill) continue;
      // Killed in the turn of a start.
      kill = now + 500 * (1 + next());
      rate = new Rate(amount);
      rate.takeOver(JSON.parse(JSON.stringify(saved)), now += 200);
    }
    const sums = begun.map(({ at: from }) =>
      begun.reduce((sum, { at, weight }) => at >= from && at < from + amount.perMs ? sum + weight : sum, 0)
    );
    expect(Math.max(...sums)).toBeLessThanOrEqual(amount.amount);
    expect(begun.reduce((sum, { weight }) => sum + weight, 0)).toBeGreaterThan(5 * amount.amount);
  });

  test("after the first body of a worker the next start comes a little later", () => {
    const rate = rateOf({ tasks: 10, perMs: 1_000 });
    rate.started(1, 0);
    rate.begun(1, 5, true);
    expect(rate.wait(5, 1)).toBe(150); // 50 for the first body, 102 to the next place, of which 2 may be made up for
    // With weights, the window has room for others only when the first request has surely arrived and left it again.
    const weighed = new Rate({ amount: 500, perMs: 1_000, isCount: false });
    weighed.started(500, 0);
    weighed.begun(500, 5, true);
    weighed.begin();
    expect(weighed.wait(5, 10)).toBe(1_600);
    weighed.takeBack(500, 5, true);
    expect(weighed.wait(1_200, 500)).toBe(0);
    // The start that follows counts from before it, and can be taken back, too.
    for (const [weight, at, isFirst] of [[1, 2_000, true], [400, 2_010, false]] as const) {
      weighed.begin();
      weighed.started(weight, at);
      weighed.begun(weight, at, isFirst);
    }
    weighed.takeBack(400, 2_010, false);
    weighed.begin();
    expect(weighed.wait(2_300, 400)).toBe(0);
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

  test("from the first start on, while workers start and bodies compute: never closer than the rate", async () => {
    await using executor = start({ rate: { tasks: 10, perMs: 500 }, concurrency: 4 });
    const begins = (n: number) => {
      const at = performance.timeOrigin + performance.now();
      // Now and then a body holds its loop for longer than the time between two starts.
      if (n % 5 === 1) { for (const end = performance.now() + 120; performance.now() < end;); }
      return at;
    };
    const at = await executor.map(begins, Array.from({ length: 15 }, (_, n) => n)).toArray();
    at.sort((one, other) => one - other);
    // A body that was announced may wait for a core before it looks at the clock.
    expect(shortest(at)).toBeGreaterThanOrEqual(35);
    expect(most(at, 499)).toBeLessThanOrEqual(10);
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

  test("several rates, one by weight: no window has more, tasks start in their order, and each attempt counts", async () => {
    await using executor = start({
      rate: [
        { tasks: 100, perMs: 1_000 },
        { amount: 300, perMs: 500, weight: ({ weight }: { weight: number }) => weight },
      ],
      retry: { attempts: 2, minDelay: 0 },
    });
    await executor.ready();
    const begins = ({ weight }: { weight: number }, { attempt }: { attempt: number }) => {
      if (weight === 50 && attempt === 1) throw new Error("once");
      return performance.timeOrigin + performance.now();
    };
    const weights = [100, 20, 20, 20, 250, 20, 20, 50, 0, 100, 20, 0];
    const at = await executor.map(begins, weights.map((weight) => ({ weight }))).toArray();
    // The fifth has to wait until the first has left the window, and nothing passes it.
    expect(at[4] - at[0]).toBeGreaterThanOrEqual(400);
    for (const later of at.slice(5)) expect(later - at[4]).toBeGreaterThanOrEqual(-20);
    const total = weights.reduce((sum, weight) => sum + weight, 50);
    expect(Math.max(...at) - Math.min(...at)).toBeGreaterThanOrEqual((total - 300) / 300 * 500 - 100);
    expect(executor.stats()).toMatchObject({ succeeded: 12, retries: 1 });
  });

  test("context.used replaces the weight, for a rate of the same name or without a name, whether the attempt succeeds or fails", async () => {
    const hour = { perMs: 3_600_000, weight: () => 9 };
    await using executor = start({
      rate: [{ ...hour, amount: 10 }, { ...hour, amount: 10, name: "tokens" }],
    });
    const use = (amount: number, { used, attempt }: TaskContext) => {
      used("tokens", amount);
      if (attempt < 3) throw new Error("once more");
    };
    // Each of these would wait for an hour.
    const retry = { attempts: 3, minDelay: 0 };
    await executor.map(use, [0.001, 0, 0.002], { retry }).toArray();
    expect(executor.stats()).toMatchObject({ succeeded: 3, retries: 6 });
    // Another name leaves the second rate as it is.
    const others = (amount: number, { used }: TaskContext) => used("images", amount);
    await executor.run(others, 0);
    await expect(executor.run(others, 0, { queueTimeout: 50 })).rejects.toThrow(TaskTimeoutError);
  });

  test("context.used adds what later calls tell, and more than the weight holds up the next task", async () => {
    await using executor = start({
      rate: { amount: 10, perMs: 3_600_000, weight: (n: unknown) => n as number },
    });
    const use = (_: number, { used }: TaskContext) => {
      for (const part of [4, 0, 6]) used("tokens", part);
    };
    await executor.run(use, 0.001);
    await expect(executor.run(use, 0.001, { queueTimeout: 50 })).rejects.toThrow(TaskTimeoutError);
    // What counts 0 waits for nothing.
    await executor.run(use, 0);
  });

  test("context.used does nothing without such a rate, and refuses what is no name and no amount of at least 0", async () => {
    await using executor = start({ rate: { tasks: 1_000, perMs: 1_000 } });
    const use = ([name, amount]: [string, number], { used }: TaskContext) => used(name, amount);
    await executor.run(use, ["tokens", 5]);
    await expect(executor.run(use, ["", 5])).rejects.toThrow("context.used() needs a name");
    for (const amount of [-1, NaN, "1" as never]) {
      await expect(executor.run(use, ["tokens", amount])).rejects.toThrow(
        'context.used("tokens", …) needs a finite number of at least 0 as its amount',
      );
    }
  });

  test("a task whose weight is none fails alone", async () => {
    const weigh = (input: unknown) => {
      if (input === "throws") throw new Error("cannot weigh it");
      return input as number;
    };
    await using executor = start({ rate: { amount: 10, perMs: 20, weight: weigh } });
    const inputs = [1, "throws", -1, 11, "text", NaN, 2];
    const outcomes = await executor.map("echo", inputs, { settled: true }).toArray();
    expect(outcomes.map((outcome) => outcome.status === "fulfilled" || `${outcome.reason}`)).toEqual([
      true,
      "Error: cannot weigh it",
      "RangeError: rate.weight must return at least 0, got -1",
      "RangeError: rate.weight must return at most rate.amount (10), got 11: the task could never start",
      'TypeError: rate.weight must return a number, got "text"',
      "TypeError: rate.weight must return a number, got NaN",
      true,
    ]);
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
  [{ tasks: 0, perMs: 1_000 }, "rate.tasks must be greater than 0, got 0"],
  [{ tasks: 1, perMs: NaN }, "rate.perMs must be greater than 0, got NaN"],
  [{ tasks: 1, perMs: 2 ** 31 }, "rate must be finite, and at least one task per"],
  [{ tasks: Infinity, perMs: 1 }, "rate must be finite, and at least one task per"],
  [[{ tasks: 1, perMs: 1_000 }, { tasks: 0, perMs: 1 }], "rate[1].tasks must be greater than 0, got 0"],
  [[{ amount: 0, perMs: 1, weight: () => 1 }], "rate[0].amount must be greater than 0, got 0"],
  [{ amount: Infinity, perMs: 1, weight: () => 1 }, "rate must be finite"],
  [{ amount: 1, perMs: 1 } as never, "rate.weight must be a function, got undefined"],
  [{ tasks: 1, perMs: 1, weight: () => 1 } as never, "rate.tasks is no option"],
  [{ tasks: 1, perMs: 1, auto: 1 } as never, "rate.auto must be true or false, got 1"],
  [["1/s"] as never, 'rate[0] must be an object, got "1/s"'],
])("a rate of %j is refused", (rate, message) => {
  expect(() => new Executor(null, { rate })).toThrow(message);
});
