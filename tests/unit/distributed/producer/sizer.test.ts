/** Sizes of job chunks. */

import { expect, test } from "vitest";
import { Sizer } from "../../../../lib/distributed/producer/sizer.ts";

test("a size that is given holds for all", () => {
  const sizer = new Sizer(7);
  sizer.record(1, 10_000);
  expect(sizer.size(1, 100)).toBe(7);
});

test("job chunks get smaller when inputs take longer", () => {
  const sizer = new Sizer();
  for (const inputs of [1, 8, 64]) sizer.record(inputs, inputs * 10);
  const before = sizer.size(1e6, 1);
  for (let time = 0; time < 20; time++) sizer.record(64, 64 * 100);
  expect(before).toBe(150);
  expect(sizer.size(1e6, 1)).toBe(15);
});
