/** Distributions of durations. */
import { expect, test } from "vitest";
import { Histogram } from "../../../../lib/executor/basics/histogram.ts";

test("a Histogram's percentiles are within 5 % of the truth, and its bounds exact", () => {
  const histogram = new Histogram();
  for (let ms = 1; ms <= 1_000; ms++) histogram.record(ms * 1_000);
  const { min, mean, p50, p90, p99, max } = histogram.distribution();
  expect([min, mean, max]).toEqual([1, 500.5, 1_000]);
  for (const [got, truth] of [[p50, 500], [p90, 900], [p99, 990]]) expect(got / truth).toBeCloseTo(1, 1);
  expect(histogram.sum).toBe(500_500);
  expect(new Histogram().distribution().p99).toBe(0);
});

test("whole microseconds count in the bucket of the fraction just below them, one by one or in a list", () => {
  const [whole, all, fractions] = [new Histogram(), new Histogram(), new Histogram()];
  const durations = Array.from({ length: 600 }, (_, micros) => micros + 1);
  for (const micros of durations) whole.record(micros);
  for (const micros of durations) fractions.record(micros - 1e-9);
  all.recordAll(durations, 600);
  expect(whole.buckets()).toEqual(fractions.buckets());
  expect(all.buckets()).toEqual(whole.buckets());
  expect([all.distribution(), all.sum]).toEqual([whole.distribution(), whole.sum]);
});
