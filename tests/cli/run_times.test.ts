/** The rates of a run, from when its inputs ended. */
import { expect, test } from "vitest";
import { RunTimes } from "../../lib/cli/journal/status/run_times.ts";

const HOUR = 3_600_000;

test("a run's rates: over its last minute, and over all of it without its pauses", () => {
  const times = new RunTimes();
  const input = { line: 1, ms: 5 };
  // Ten inputs a second for a hundred seconds, a pause of an hour, then two a second for a hundred seconds.
  for (let at = 0; at <= 100_000; at += 100) times.add({ ...input, at });
  for (let at = 0; at <= 100_000; at += 500) times.add({ ...input, at: HOUR + at });
  expect(times.rate()).toBeCloseTo(2, 0);
  expect(times.meanRate()).toBeCloseTo((1_001 + 201) / 200, 1);
});

test("a run of one moment has no rate", () => {
  const times = new RunTimes();
  times.add({ line: 1, ms: 5, at: 1_000 });
  expect([times.rate(), times.meanRate()]).toEqual([0, 0]);
});
