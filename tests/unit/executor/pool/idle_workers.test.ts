/** Idle workers are stopped after a time. The clock is the test's. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { IdleWorkers } from "../../../../lib/executor/pool/idle_workers.ts";

type Handle = ReturnType<ConstructorParameters<typeof IdleWorkers>[1]>[number];

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

/** Workers that have no tasks since now, the pool's watch over them, and the ones that are left. */
function scene({ count, minWorkers = 0, idleTimeout = 1_000 }: {
  count: number;
  minWorkers?: number;
  idleTimeout?: number;
}) {
  const workers = Array.from({ length: count }, (_, position) => {
    const worker = {
      position,
      state: "ready",
      inFlight: 0,
      tasks: { idleSince: performance.now() },
      close: () => void workers.splice(workers.indexOf(worker), 1),
    };
    return worker;
  });
  const idle = new IdleWorkers({ idleTimeout, minWorkers }, () => [...workers] as unknown as Handle[]);
  return { idle, workers, left: () => workers.map(({ position }) => position) };
}

test("a worker is stopped when it had no tasks for the whole time", () => {
  const { idle, workers, left } = scene({ count: 2 });
  idle.watch();
  vi.advanceTimersByTime(500);
  workers[1].tasks.idleSince = performance.now();
  vi.advanceTimersByTime(501);
  expect(left()).toEqual([1]);
  vi.advanceTimersByTime(500);
  expect(left()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a worker with tasks stays, and so does the least number of workers", () => {
  const { idle, workers, left } = scene({ count: 3, minWorkers: 2 });
  workers[0].inFlight = 1;
  idle.watch();
  vi.advanceTimersByTime(10_000);
  expect(left()).toEqual([0, 2]);
});

test("without a limit there is no timer, and none is left at the end", () => {
  const forever = scene({ count: 1, idleTimeout: Infinity });
  forever.idle.watch();
  expect(vi.getTimerCount()).toBe(0);
  const { idle } = scene({ count: 1 });
  idle.watch();
  expect(vi.getTimerCount()).toBe(1);
  idle.end();
  expect(vi.getTimerCount()).toBe(0);
});
