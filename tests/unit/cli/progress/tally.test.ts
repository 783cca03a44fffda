/** Counts of a run, and the figures that are made of them. */
import { expect, test } from "vitest";
import type { LineSource } from "../../../../lib/cli/input/line_source.ts";
import { Meter } from "../../../../lib/cli/progress/figures.ts";
import { effortText, oneAtATime } from "../../../../lib/cli/progress/one_at_a_time.ts";
import { Tally } from "../../../../lib/cli/progress/tally.ts";

function parts() {
  const source = { pulled: 0, bytesPulled: 0, exhausted: false };
  const time = { ms: 0 };
  const input = { size: 1_000 as number | undefined };
  const clock = { now: () => time.ms, ran: (ms: number) => ms };
  const tally = new Tally(source as unknown as LineSource, { input, workers: 2, clock });
  return { source, time, input, tally };
}

test("the total is an estimate by bytes until all inputs are read", () => {
  const { source, tally, input } = parts();
  expect(tally.total).toBe(undefined);
  Object.assign(source, { pulled: 10, bytesPulled: 100 });
  expect(tally).toMatchObject({ total: 100, unread: true, left: 10 });
  input.size = undefined;
  expect(tally.total).toBe(undefined);
  source.exhausted = true;
  expect(tally).toMatchObject({ total: 10, unread: false });
});

test("outcomes of earlier sessions are done, but not in the rate", () => {
  const { source, time, tally } = parts();
  Object.assign(source, { pulled: 100, bytesPulled: 1_000, exhausted: true });
  Object.assign(tally.before, { ok: 40, failed: 10 });
  Object.assign(tally, { ok: 20, failed: 5 });
  time.ms = 5_000;
  const stats = { inFlight: 3, retries: 1, utilization: 0.5, succeeded: 20, failed: 5 };
  const figures = new Meter(tally, () => stats).read();
  expect(figures).toMatchObject({
    done: 75,
    before: 50,
    share: 0.75,
    perSecond: 5,
    leftMs: 5_000,
    load: 0.5,
  });
});

test("an input is late after five seconds, and three times as long as 99 of 100; then no time left is told", () => {
  const { source, time, tally } = parts();
  Object.assign(source, { pulled: 100, bytesPulled: 500 });
  for (let n = 0; n < 50; n++) tally.ran(4_000);
  tally.ok = 50;
  time.ms = 10_000;
  let ms = 4_000;
  const stats = { inFlight: 1, retries: 0, utilization: 1, succeeded: 50, failed: 0 };
  const meter = new Meter(tally, () => stats, () => ({ line: 7, ms, ends: false }));
  expect(meter.read().oldest).toBe(undefined);
  ms = 11_000;
  expect(meter.read()).toMatchObject({ leftMs: expect.any(Number) });
  ms = 20_000;
  expect(meter.read()).toMatchObject({ oldest: { line: 7, ms: 20_000 }, leftMs: undefined });
});

test("the time of one task at a time is told for tasks that wait; else how busy loops and cores were", () => {
  const effort = { elapsed: 1_000, taskTime: 20_000, cores: 0.1, workers: 2, loops: 0.1 };
  expect(oneAtATime(effort)).toBe(18_000);
  expect(effortText(effort)).toBe("18.0× one at a time (about 18 s)");
  expect(effortText({ ...effort, loops: 0.98 })).toBe("event loops 98% busy, 0.1 cores used");
  expect(effortText({ ...effort, loops: undefined, cores: 1.94 })).toBe("1.9 cores used");
  expect(effortText({ ...effort, taskTime: 900 })).toBe("");
});
