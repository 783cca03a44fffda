/** Silence of a worker that has tasks: when it is a stall, and when the worker must go. The clock is the test's. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { StallWatch } from "../../../../lib/executor/pool/stall_watch.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function scene(timeout = 1_000, grace = 500) {
  const events: [string, number][] = [];
  const worker = { heard: performance.now() as number | undefined };
  const watch = new StallWatch({
    timeout,
    grace,
    silentSince: () => worker.heard,
    stalled: (silence) => void events.push(["stalled", Math.round(silence)]),
    kill: (silence) => void events.push(["killed", Math.round(silence)]),
  });
  const hear = () => {
    worker.heard = performance.now();
    watch.heard();
  };
  return { watch, worker, events, hear };
}

test("a worker that is heard of now and then is not stalled", () => {
  const { watch, hear, events } = scene();
  watch.watch();
  for (let time = 0; time < 10; time++) {
    vi.advanceTimersByTime(900);
    hear();
  }
  expect(events).toEqual([]);
  expect(watch.isStalled).toBe(false);
});

test("silence for the whole timeout is a stall, and after the grace the worker goes", () => {
  const { watch, events } = scene();
  watch.watch();
  vi.advanceTimersByTime(1_100);
  expect(events.map(([name]) => name)).toEqual(["stalled"]);
  expect(watch.isStalled).toBe(true);
  vi.advanceTimersByTime(600);
  expect(events.map(([name]) => name)).toEqual(["stalled", "killed"]);
  expect(events[1][1]).toBeGreaterThanOrEqual(1_500);
});

test("a stalled worker that is heard of again is spared, and watched on", () => {
  const { watch, hear, events } = scene();
  watch.watch();
  vi.advanceTimersByTime(1_100);
  hear();
  expect(watch.isStalled).toBe(false);
  vi.advanceTimersByTime(600);
  expect(events).toHaveLength(1);
  vi.advanceTimersByTime(600);
  expect(events.map(([name]) => name)).toEqual(["stalled", "stalled"]);
});

test("a worker without tasks may be silent", () => {
  const { watch, worker, events } = scene();
  watch.watch();
  worker.heard = undefined;
  vi.advanceTimersByTime(60_000);
  expect(events).toEqual([]);
});

test("without a limit nothing is watched", () => {
  const { watch } = scene(Infinity);
  watch.watch();
  expect(vi.getTimerCount()).toBe(0);
});
