/** What a report keeps of the limits of a run. */
import { expect, test } from "vitest";
import { LimitTimes } from "../../../../../lib/cli/report/recording/limit_times.ts";

test("limits have their time and their part of each step, in as many steps for an hour as for a second", () => {
  const limits = new LimitTimes();
  limits.add("start", 0, 100);
  limits.add("slots", 100, 800);
  expect(limits.data()).toMatchObject({ step: 1 });
  limits.add("rate", 800, 3_600_000);
  limits.add("slots", 3_600_000, 3_600_000);
  expect(limits.sums()).toEqual({ rate: 3_599_200, slots: 700, start: 100 });
  expect(Object.keys(limits.sums())[0]).toBe("rate");
  const { step, parts } = limits.data();
  expect(step).toBe(4_096);
  const sums = parts.rate!.map((part, at) => part + parts.slots![at] + parts.start![at]);
  expect(sums.length).toBeLessThanOrEqual(1_024);
  // Two of the sums are of parts that were rounded, and the last step is not over.
  for (const sum of sums.slice(0, -1)) expect(sum).toBeCloseTo(1, 1);
});
