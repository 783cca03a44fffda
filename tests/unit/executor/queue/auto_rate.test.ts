/** The part of a rate that a server takes, on a clock of the test's own. */
import { expect, test } from "vitest";
import { AutoRate } from "../../../../lib/executor/queue/auto_rate.ts";

/** Starts at the present part of 100/s for this time, against a server that takes `limit` per second. Returns the parts. */
function run(auto: AutoRate, from: number, ms: number, limit: number): number[] {
  const parts: number[] = [];
  let seen: number[] = [];
  for (let now = from; now < from + ms; now += 1_000 / (100 * auto.part)) {
    auto.started(now);
    seen = seen.filter((at) => at > now - 1_000);
    if (seen.length < limit) seen.push(now);
    else auto.refused(now, now + 1);
    parts.push(auto.part);
  }
  return parts;
}

test("while nothing is refused, the whole rate holds", () => {
  const auto = new AutoRate(1_000);
  expect(new Set(run(auto, 0, 10_000, 1_000))).toEqual(new Set([1]));
  expect(auto.found).toBe(1);
});

test("one or two refused tasks do not slow it; three in a row halve it, and older attempts say nothing", () => {
  const auto = new AutoRate(1_000);
  auto.started(0);
  expect([auto.refused(0, 10), auto.refused(0, 20)]).toEqual([false, false]);
  // A step without any.
  auto.started(1_500);
  auto.started(2_600);
  expect([auto.refused(2_600, 2_610), auto.refused(2_600, 2_620), auto.part]).toEqual([false, false, 1]);
  expect([auto.refused(2_600, 2_630), auto.part]).toEqual([true, 0.5]);
  for (let n = 0; n < 20; n++) auto.refused(2_600, 2_640);
  expect(auto.part).toBe(0.5);
});

test.each([10, 20, 45, 80])("of 100/s, it finds about %d/s, and stays near it", (limit) => {
  const auto = new AutoRate(1_000);
  run(auto, 0, 60_000, limit);
  const parts = run(auto, 60_000, 60_000, limit);
  expect(auto.found).toBeGreaterThan(0.7 * limit / 100);
  expect(auto.found).toBeLessThan(1.15 * limit / 100);
  expect(Math.max(...parts)).toBeLessThan(1.5 * limit / 100);
});

test("it grows again to the whole when the server takes all", () => {
  const auto = new AutoRate(1_000);
  run(auto, 0, 30_000, 10);
  expect(auto.part).toBeLessThan(0.2);
  run(auto, 30_000, 60_000, 1_000);
  expect(auto.part).toBe(1);
});

test("it never stops, whatever is refused", () => {
  const auto = new AutoRate(1_000);
  for (let now = 0; now < 100; now++) auto.refused(now, now);
  expect(auto.part).toBe(1 / 64);
});
