/** Where the rows of workers stand in the timeline of a report. */
import { expect, test } from "vitest";
import { planFor } from "../../../../scripts/report_page/plan.ts";

const planned = { lanes: [2, 2, 2, 2], hasLimits: true };

test("rows of one machine are neighbours, below its name", () => {
  const { rows, machines, height } = planFor(900, { ...planned, machines: ["b", "a", "b", "a"] });
  expect(machines.map(({ name }) => name)).toEqual(["a", "b"]);
  const tops = [machines[0], rows[1], rows[3], machines[1], rows[0], rows[2]].map(({ top }) => top);
  expect(tops).toEqual(tops.toSorted((one, other) => one - other));
  expect(new Set(tops).size).toBe(6);
  expect(height).toBeGreaterThan(rows[2].top + rows[2].height);
});

test("without machines, rows are in the order of their positions", () => {
  const { rows, machines } = planFor(900, {
    ...planned,
    machines: [undefined, undefined, undefined, undefined],
  });
  expect(machines).toEqual([]);
  const tops = rows.map(({ top }) => top);
  expect(tops).toEqual(tops.toSorted((one, other) => one - other));
});
