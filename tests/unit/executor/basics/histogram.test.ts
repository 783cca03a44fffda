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

test("whole microseconds count in the bucket of the fraction just below them", () => {
  const [whole, fractions] = [new Histogram(), new Histogram()];
  for (let micros = 1; micros <= 600; micros++) {
    whole.record(micros);
    fractions.record(micros - 1e-9);
  }
  expect(whole.buckets()).toEqual(fractions.buckets());
});
