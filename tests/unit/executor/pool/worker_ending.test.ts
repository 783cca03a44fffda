/** How long a worker is waited for that was asked to close, or was stopped. The clock is the test's. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WorkerEnding } from "../../../../lib/executor/pool/worker_ending.ts";

type Init = ConstructorParameters<typeof WorkerEnding>;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

/** The end of a worker, and how long it was waited for when `gone()` has resolved. */
function scene(gracePeriod: number, patience?: number) {
  const ended = Promise.withResolvers<void>();
  const channel = { gone: () => ended.promise };
  const ending = new WorkerEnding(channel as Init[0], { patience } as Init[1], gracePeriod);
  const begun = performance.now();
  const waited = ending.gone().then(() => performance.now() - begun);
  return { ended, waited };
}

test.each([
  ["the grace period", 3_000, undefined, 3_000],
  ["at least a second", 0, undefined, 1_000],
  ["at most five seconds", 60_000, undefined, 5_000],
  ["no longer than the backend says", 60_000, 200, 200],
])("a worker that does not end is waited for: %s", async (_, gracePeriod, patience, expected) => {
  const { waited } = scene(gracePeriod, patience);
  await vi.advanceTimersByTimeAsync(expected);
  expect(await waited).toBe(expected);
});

test("a worker that ends is waited for no longer", async () => {
  const { ended, waited } = scene(5_000);
  ended.resolve();
  expect(await waited).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

/** A worker that was asked to close, how much it has printed, and how often it was given up. */
function asked(gracePeriod = 0) {
  const worker = { printed: 0, late: 0 };
  const channel = { printed: () => worker.printed };
  const ending = new WorkerEnding(channel as Init[0], {} as Init[1], gracePeriod);
  ending.asked(() => worker.late++);
  return { worker, ending };
}

test.each([["at least five seconds", 0, 5_000], ["the grace period", 8_000, 8_000]])(
  "a worker that does not close is given up: after %s",
  (_, gracePeriod, expected) => {
    const { worker, ending } = asked(gracePeriod);
    expect(ending.isAsked).toBe(true);
    vi.advanceTimersByTime(expected - 1);
    expect(worker.late).toBe(0);
    vi.advanceTimersByTime(1);
    expect(worker.late).toBe(1);
  },
);

test("the time to close begins again while output moves, at most a minute", () => {
  const { worker } = asked();
  for (let round = 0; round < 12; round++) {
    worker.printed++;
    vi.advanceTimersByTime(5_000);
  }
  expect(worker.late).toBe(0);
  worker.printed++;
  vi.advanceTimersByTime(5_000);
  expect(worker.late).toBe(1);
});

test("a worker that was stopped is not waited for until it closes", () => {
  const { worker, ending } = asked();
  ending.stopped();
  expect(vi.getTimerCount()).toBe(0);
  expect([worker.late, ending.isAsked]).toEqual([0, true]);
});
