/** Cancelled bodies that go on: their grace period, their worker's, and their neighbours'. The clock is the test's. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Grace } from "../../../../lib/executor/pool/grace.ts";

type Body = Parameters<Grace["cancelled"]>[0];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const body = (gracePeriod = 1_000) => ({ gracePeriod }) as Body;

/** A worker with tasks on it, and what is done to it. */
function scene(inFlight: number) {
  const done: string[] = [];
  const worker = { inFlight };
  const grace = new Grace({
    inFlight: () => worker.inFlight,
    condemned: () => void done.push("condemned"),
    kill: () => void done.push("killed"),
  });
  return { grace, worker, done };
}

test("a body that ends in time costs nothing", () => {
  const { grace, worker, done } = scene(1);
  const ends = body();
  grace.cancelled(ends);
  grace.acknowledged();
  vi.advanceTimersByTime(999);
  worker.inFlight = 0;
  grace.released(ends);
  vi.advanceTimersByTime(60_000);
  expect(done).toEqual([]);
});

test("a worker on which only cancelled bodies are left goes as soon as one has outstayed its grace", () => {
  const { grace, done } = scene(1);
  grace.cancelled(body());
  grace.acknowledged();
  vi.advanceTimersByTime(1_001);
  expect(done).toEqual(["condemned", "killed"]);
});

test("neighbours have as long again, and the worker goes at once when the last of them has ended", () => {
  const { grace, worker, done } = scene(2);
  grace.cancelled(body());
  grace.acknowledged();
  vi.advanceTimersByTime(1_500);
  expect(done).toEqual(["condemned"]);
  worker.inFlight = 1;
  grace.check();
  expect(done).toEqual(["condemned", "killed"]);
});

test("the neighbours' time has an end", () => {
  const { grace, done } = scene(2);
  grace.cancelled(body());
  grace.acknowledged();
  vi.advanceTimersByTime(2_010);
  expect(done).toEqual(["condemned", "killed"]);
});

test("a worker that has not acknowledged the abort goes without regard for its neighbours", () => {
  const { grace, done } = scene(5);
  grace.cancelled(body());
  expect(grace.isPending).toBe(true);
  vi.advanceTimersByTime(1_001);
  expect(done).toEqual(["condemned", "killed"]);
});

test("a body that stops after all spares its condemned worker", () => {
  const { grace, worker, done } = scene(2);
  const late = body();
  grace.cancelled(late);
  grace.acknowledged();
  vi.advanceTimersByTime(1_500);
  worker.inFlight = 1;
  grace.released(late);
  vi.advanceTimersByTime(60_000);
  expect(done).toEqual(["condemned"]);
});
