/** The starts of workers: their time, and the delay after a failed one. The clock is the test's. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Starts } from "../../../../lib/executor/pool/starts.ts";

type Handle = Parameters<Starts["add"]>[0];

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

function scene(startTimeout = 30_000) {
  let changes = 0;
  const timedOut: number[] = [];
  const starts = new Starts(startTimeout, () => void changes++);
  const begin = (id: number) => {
    const handle = {
      state: "starting",
      created: performance.now(),
      startTimedOut: () => void timedOut.push(id),
    } as unknown as Handle;
    starts.add(handle);
    return handle;
  };
  return { starts, begin, timedOut, changes: () => changes };
}

test("a start is expected soon for a second, and has its time", () => {
  const { starts, begin, timedOut, changes } = scene(2_000);
  const [slow, quick] = [begin(1), begin(2)];
  expect([slow, quick].map((handle) => starts.isSoon(handle))).toEqual([true, true]);
  starts.ready(quick);
  vi.advanceTimersByTime(1_000);
  expect(starts.isSoon(slow)).toBe(false);
  expect(changes()).toBe(1);
  vi.advanceTimersByTime(1_000);
  expect(timedOut).toEqual([1]);
});

test("after each failed start the next waits twice as long, until a worker has done something", () => {
  const { starts, changes } = scene();
  starts.failed();
  expect(starts.mayStart).toBe(false);
  vi.advanceTimersByTime(100);
  expect(starts.mayStart).toBe(true);
  starts.failed();
  starts.awaitNext();
  vi.advanceTimersByTime(199);
  expect([starts.mayStart, changes()]).toEqual([false, 0]);
  vi.advanceTimersByTime(1);
  expect([starts.mayStart, changes()]).toEqual([true, 1]);
  starts.succeeded();
  starts.failed();
  vi.advanceTimersByTime(100);
  expect(starts.mayStart).toBe(true);
});

test("starts are hopeless before the first success, and after six failures in a row", () => {
  const { starts, begin } = scene();
  expect(starts.isHopeless).toBe(true);
  starts.ready(begin(1));
  for (let failures = 0; failures < 5; failures++) starts.failed();
  expect(starts.isHopeless).toBe(false);
  starts.failed();
  expect(starts.isHopeless).toBe(true);
  starts.forgetDelay();
  expect(starts.mayStart).toBe(true);
});

test("no timer is left at the end", () => {
  const { starts, begin } = scene();
  const handle = begin(1);
  starts.failed();
  starts.awaitNext();
  starts.delete(handle);
  starts.stop();
  expect(vi.getTimerCount()).toBe(0);
});
