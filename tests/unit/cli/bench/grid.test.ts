import { describe, expect, test } from "vitest";
import {
  affordable,
  callsFor,
  combinations,
  contenders,
  isHighest,
  isHopeless,
  recommended,
  smallestTwo,
} from "../../../../lib/cli/bench/grid.ts";
import type { Measured } from "../../../../lib/cli/bench/measure.ts";

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
  test("have all cores, their halves, and one worker, all cores first", () => {
    const workers = [...new Set(combinations(6, undefined).map(({ workers }) => workers))];
    expect(workers).toEqual([6, 4, 2, 1]);
    expect(combinations(6, "none").every(({ workers }) => workers === 1)).toBe(true);
  });

  test("that calls do not suffice for are left out, the largest first", () => {
    const all = [1, 4, 16].map((concurrency) => ({ workers: 1, concurrency }));
    expect(callsFor(all)).toBe(2 * 3 * 16);
    expect(affordable(all, 96)).toEqual(all);
    expect(affordable(all, 95)).toEqual(all.slice(0, 2));
    expect(affordable(all, 1)).toEqual([]);
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
    const found = [measured(2, 64, 1_000), measured(2, 16, 960), measured(2, 4, 500)];
    expect(recommended(found)).toBe(found[1]);
  });

  test("is none in which more tasks fail, however fast: an overloaded server fails fast", () => {
    const found = [measured(2, 64, 9_000, { failed: 600 }), measured(2, 4, 500)];
    expect(recommended(found)).toBe(found[1]);
  });

  test("may have failures of inputs that always fail", () => {
    const found = [measured(2, 64, 1_000, { failed: 500, alwaysFailed: 500 }), measured(2, 4, 500)];
    expect(recommended(found)).toBe(found[0]);
  });

  test("is none if every task failed", () => {
    expect(recommended([measured(1, 1, 9, { failed: 1_000 })])).toBeUndefined();
  });
});

test("the best four are measured again, the best first", () => {
  const found = [100, 90, 85, 99, 95, 50].map((rate, at) => measured(1, 4 ** at, rate));
  expect(contenders(found).map(({ rate }) => rate)).toEqual([100, 99, 95, 90]);
});

test("a higher concurrency is hopeless once a lower one was clearly worse than the best", () => {
  const found = [measured(2, 4, 1_000), measured(2, 16, 700)];
  expect(isHopeless({ workers: 2, concurrency: 64 }, found)).toBe(true);
  expect(isHopeless({ workers: 1, concurrency: 64 }, found)).toBe(false);
  expect(isHopeless({ workers: 2, concurrency: 64 }, [found[0], measured(2, 16, 900)])).toBe(false);
});

test("the highest is the one beyond which none was tried with as many workers", () => {
  const found = [measured(2, 4, 1), measured(2, 16, 1), measured(1, 64, 1)];
  expect(found.map((one) => isHighest(one, found))).toEqual([false, true, true]);
});
