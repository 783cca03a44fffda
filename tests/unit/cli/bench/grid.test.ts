import { describe, expect, test } from "vitest";
import {
  affordable,
  callsFor,
  combinations,
  contenders,
  isHighest,
  isHopeless,
  markAlwaysFailing,
  recommended,
  smallestTwo,
} from "../../../../lib/cli/bench/grid.ts";
import { InputCounts, type Measured, together } from "../../../../lib/cli/bench/measure.ts";
import { table } from "../../../../lib/cli/bench/report.ts";

/** A combination that was measured at this rate. */
function measured(
  workers: number,
  concurrency: number,
  rate: number,
  more: Partial<Measured> = {},
): Measured {
  return { workers, concurrency, rate, tasks: 1_000, failed: 0, error: undefined, ...more };
}

describe("the combinations", () => {
  test("have all cores first, then powers of two, then one worker", () => {
    const workers = (cores: number) => [...new Set(combinations(cores, "thread").map((one) => one.workers))];
    expect(workers(6)).toEqual([6, 4, 2, 1]);
    expect(workers(8)).toEqual([8, 4, 2, 1]);
    expect(workers(1)).toEqual([1]);
    expect(combinations(6, undefined)).toEqual(combinations(6, "thread"));
    expect(combinations(8, "none").every((one) => one.workers === 1)).toBe(true);
  });

  test("that calls do not suffice for are left out, the largest first", () => {
    const all = [1, 4, 16].map((concurrency) => ({ workers: 1, concurrency }));
    expect(callsFor(all)).toBe(2 * 3 * 16);
    expect(affordable(all, 96)).toEqual(all);
    expect(affordable(all, 95)).toEqual(all.slice(0, 2));
    expect(affordable(all, 1)).toEqual([]);
  });

  test("of limited calls are those whose slots all get several tasks", () => {
    const all = combinations(2, "thread");
    const shown = (calls: number) =>
      affordable(all, calls).map(({ workers, concurrency }) => `${workers}×${concurrency}`).join(" ");
    expect(shown(7)).toBe("1×1");
    expect(shown(8)).toBe("2×1 1×1");
    expect(shown(100)).toBe("2×1 2×4 1×1 1×4");
    expect(affordable(all, callsFor(all))).toEqual(all);
    expect(affordable(all, Infinity)).toEqual(all);
  });

  test("have two with the fewest tasks in flight", () => {
    expect(smallestTwo(combinations(2, undefined))).toEqual([
      { workers: 1, concurrency: 1 },
      { workers: 2, concurrency: 1 },
    ]);
  });
});

describe("the recommended combination", () => {
  test("is the one with the fewest tasks in flight, of those that are as good as the best", () => {
    const found = [measured(2, 64, 1_000), measured(2, 16, 970), measured(1, 64, 960), measured(2, 4, 300)];
    expect(recommended(found)).toBe(found[1]);
  });

  test("is none in which more tasks fail, however fast: an overloaded server fails fast", () => {
    const found = [measured(2, 64, 9_000, { failed: 600 }), measured(2, 16, 900), measured(2, 4, 300)];
    expect(recommended(found)).toBe(found[1]);
  });

  test("may have failures of inputs that always fail", () => {
    const found = [measured(2, 64, 1_000, { failed: 500, alwaysFailed: 500 }), measured(2, 4, 500)];
    expect(recommended(found)).toBe(found[0]);
  });

  test("is none if every task failed", () => {
    expect(recommended([measured(1, 1, 9, { failed: 1_000 })])).toBeUndefined();
  });

  test("may have a part of failures that is chance in few tasks", () => {
    const few = (concurrency: number, rate: number, tasks: number, failed: number) =>
      measured(2, concurrency, rate, { tasks, failed });
    expect(recommended([few(1, 10, 20, 1), few(64, 600, 1_000, 100)])).toMatchObject({ concurrency: 64 });
    expect(recommended([few(1, 10, 2_000, 100), few(64, 600, 1_000, 300)])).toMatchObject({ concurrency: 1 });
  });

  test("does not depend on how often each ran the inputs that fail with every combination", () => {
    const withInputs = (concurrency: number, rate: number, ok: number[], failed: number[]): Measured => {
      const inputs = new InputCounts(ok.length);
      inputs.ok.set(ok);
      inputs.failed.set(failed);
      const sum = (counts: number[]) => counts.reduce((all, count) => all + count, 0);
      return measured(2, concurrency, rate, { tasks: sum(ok) + sum(failed), failed: sum(failed), inputs });
    };
    // In the time of the first, the third input was never reached.
    const found = [
      withInputs(16, 134, [50, 50, 0], [0, 0, 0]),
      withInputs(256, 1_970, [500, 500, 0], [0, 0, 500]),
    ];
    expect(markAlwaysFailing(found)).toBe(1);
    expect(recommended(found)).toMatchObject({ concurrency: 256 });
    // An input that succeeds elsewhere fails because of the load.
    const other = [
      withInputs(16, 134, [50, 50, 50], [0, 0, 0]),
      withInputs(256, 1_970, [500, 500, 0], [0, 0, 500]),
    ];
    expect(markAlwaysFailing(other)).toBe(0);
    expect(recommended(other)).toMatchObject({ concurrency: 16 });
  });
});

describe("the combinations that are measured again", () => {
  test("are the best four, the best first", () => {
    const found = [100, 90, 85, 99, 95, 50].map((rate, at) => measured(1, 4 ** at, rate));
    expect(contenders(found).map(({ rate }) => rate)).toEqual([100, 99, 95, 90]);
  });

  test("are near the best, and do not fail more often", () => {
    const found = [
      measured(2, 64, 1_000),
      measured(2, 16, 850),
      measured(2, 4, 300),
      measured(2, 256, 990, { failed: 600 }),
    ];
    expect(contenders(found).map(({ concurrency }) => concurrency)).toEqual([64, 16]);
  });

  test("have the sum of both measures", () => {
    const first = measured(2, 16, 100, { ms: 1_000, tasks: 100 });
    expect(together(first, { ...first, tasks: 50, ms: 2_000, failed: 3 })).toMatchObject({
      workers: 2,
      tasks: 150,
      ms: 3_000,
      failed: 3,
      rate: 50,
    });
  });
});

test("a higher concurrency is hopeless once a lower one was clearly worse than the best", () => {
  const found = [measured(2, 1, 100), measured(2, 4, 200), measured(2, 16, 150)];
  expect(isHopeless({ workers: 2, concurrency: 64 }, found)).toBe(true);
  expect(isHopeless({ workers: 1, concurrency: 64 }, found)).toBe(false);
  expect(isHopeless({ workers: 2, concurrency: 64 }, found.slice(0, 2))).toBe(false);
  expect(isHopeless({ workers: 2, concurrency: 64 }, [found[1], measured(2, 16, 190)])).toBe(false);
});

test("the highest is the one beyond which none was tried with as many workers", () => {
  const found = [measured(2, 4, 1), measured(2, 16, 1), measured(1, 64, 1)];
  expect(found.map((one) => isHighest(one, found))).toEqual([false, true, true]);
});

test("the table marks the best, the failed, the hopeless and the untried", () => {
  const found = [measured(2, 1, 1_234.5), measured(2, 4, 2_000, { failed: 3 }), measured(2, 16, 900)];
  const lines = table(combinations(2, "thread"), found, found[0]).split("\n").map((line) => line.trim());
  expect(lines[0]).toMatch(/^-c 1 +-c 4 +-c 16 +-c 64 +-c 256$/);
  expect(lines[1]).toMatch(/^-j 1( +–){5}$/);
  expect(lines[2]).toMatch(/^-j 2 +1,230\* +2,000! +900 +· +·$/);
});
