import { expect, test, vi } from "vitest";

// Not `performance`: Node counts by it how busy the loop is.
// Deno's own timers cannot be replaced.
vi.mock("../../../lib/wire/core_timers.ts", () => ({ coreTimers: undefined }));
vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
const { LagMeter } = await import("../../../lib/worker/lag_meter.ts");

test("reports while tasks run, once in each interval, and not after they rest", () => {
  const reports: number[] = [];
  const meter = new LagMeter(250, (micros) => reports.push(micros));
  vi.advanceTimersByTime(1_000);
  expect(reports).toEqual([]);
  meter.watch();
  meter.watch();
  vi.advanceTimersByTime(800);
  // Not how late: that is measured by the real clock, and this test may wait for a core.
  expect(reports).toHaveLength(3);
  meter.rest();
  vi.advanceTimersByTime(2_000);
  // The timer that was set stays, for one more report.
  expect(reports).toHaveLength(4);
});

test("stop() reports a last time, with the figures of the loop", () => {
  const figures: unknown[] = [];
  const meter = new LagMeter(
    250,
    (micros, all) => figures.push({ micros, ...all }),
  );
  meter.watch();
  meter.stop();
  expect(figures).toMatchObject([{
    micros: 0,
    use: { busy: expect.any(Number), watched: expect.any(Number) },
  }]);
  vi.advanceTimersByTime(1_000);
  meter.stop();
  expect(figures).toHaveLength(1);
});
