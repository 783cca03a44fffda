/** When a body has run for too long: what its worker says, and what is known while the worker says nothing. The clock is the test's. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Overdue } from "../../../../lib/executor/pool/overdue.ts";
import type { HeldBy } from "../../../../lib/wire/pulse.ts";
import type { Task } from "../../../../lib/executor/tasks/task.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** One task with a timeout of 100 ms on one worker, which never answers by itself. */
function scene({ alone = false } = {}) {
  const asked: number[] = [];
  const failed: string[] = [];
  const task = {
    wireId: 1,
    alone,
    sent: performance.now(),
    options: { timeout: 100 },
    target: { spec: { name: "task" } },
    giveUp: (error: Error) => {
      worker.task = undefined;
      failed.push(error.message);
    },
  } as unknown as Task;
  const worker: { task: Task | undefined; heldBy: HeldBy | undefined } = { task, heldBy: undefined };
  const overdue = new Overdue({
    ask: () => void asked.push(performance.now()),
    heard: () => task.sent,
    heldBy: () => worker.heldBy,
    hasBegun: () => true,
    find: () => worker.task,
  });
  return { overdue, task, worker, asked, failed };
}

test("a body that has run for too long fails once it has run on by itself", () => {
  const { overdue, task, asked, failed } = scene();
  overdue.add(task);
  // The first call of the body has lasted for 450 ms, in which it waited for a core. Its timers are due.
  for (const [own, wall] of [[450, 450], [450, 465], [454, 480]] as const) {
    overdue.told(1, own, wall);
    vi.advanceTimersByTime(10);
  }
  expect([asked.length, failed]).toEqual([4, []]);
  overdue.told(1, 460, 490);
  expect(failed).toEqual(['Task "task" timed out after 100 ms']);
});

test("a body that has run for too long by itself is not told that others held its loop, however late the answer", () => {
  const { overdue, task, failed } = scene();
  overdue.add(task);
  overdue.told(1, 200, 60_000);
  vi.advanceTimersByTime(10);
  overdue.told(1, 200, 60_010);
  expect(failed).toEqual(['Task "task" timed out after 100 ms']);
});

test("a body that ends after its worker has said so once has not failed", () => {
  const { overdue, task, worker, failed } = scene();
  overdue.add(task);
  overdue.told(1, 150, 150);
  expect(overdue.outran(task)).toBe(undefined);
  worker.task = undefined;
  vi.advanceTimersByTime(60_000);
  expect(failed).toEqual([]);
});

test("a body that has run for less by itself is asked about again when the rest has passed", () => {
  const { overdue, task, asked, failed } = scene();
  overdue.add(task);
  overdue.told(1, 40, 500);
  vi.advanceTimersByTime(59);
  expect(asked).toHaveLength(1);
  vi.advanceTimersByTime(2);
  expect(asked).toHaveLength(2);
  expect(failed).toEqual([]);
});

test("a body that holds the loop fails once it has held it for a second", () => {
  const { overdue, task, worker, failed } = scene();
  overdue.add(task);
  worker.heldBy = { id: 1, ms: 900 };
  vi.advanceTimersByTime(30);
  expect(failed).toEqual([]);
  worker.heldBy = { id: 1, ms: 1_000 };
  vi.advanceTimersByTime(30);
  expect(failed).toEqual(['Task "task" timed out after 100 ms']);
});

test("a body that held the loop for longer than its timeout, but for less than a second, has outrun it", () => {
  const { overdue, task, worker } = scene();
  overdue.add(task);
  worker.heldBy = { id: 1, ms: 300 };
  vi.advanceTimersByTime(30);
  expect(overdue.outran(task)).toMatchObject({ name: "TaskTimeoutError", blocked: true });
});

test("a body that is alone on its worker has not outrun its timeout if it ends within a second", () => {
  const { overdue, task, worker, failed } = scene({ alone: true });
  overdue.add(task);
  worker.heldBy = { id: 1, ms: 900 };
  vi.advanceTimersByTime(30);
  expect(overdue.outran(task)).toBe(undefined);
  overdue.add(task);
  worker.heldBy = { id: 1, ms: 1_000 };
  vi.advanceTimersByTime(30);
  expect(failed).toEqual(['Task "task" timed out after 100 ms']);
});

test("a loop that is silent, and nobody knows why, has a second; two if the task is alone on it", () => {
  for (const [alone, limit] of [[false, 1_000], [true, 2_000]] as const) {
    const { overdue, task, failed } = scene({ alone });
    overdue.add(task);
    vi.advanceTimersByTime(limit - 40);
    expect(failed).toEqual([]);
    vi.advanceTimersByTime(80);
    expect(failed).toEqual([expect.stringContaining("held its worker's event loop")]);
  }
});
