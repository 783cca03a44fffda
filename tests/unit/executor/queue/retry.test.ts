/** Whether and when a failed task is tried again. The clock is the test's. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TaskCloneError, TaskTimeoutError, WorkerLostError } from "../../../../lib/errors.ts";
import { markThrown } from "../../../../lib/executor/tasks/thrown.ts";
import type { QueueHost } from "../../../../lib/executor/queue/host.ts";
import { Retries } from "../../../../lib/executor/queue/retry.ts";

type Task = Parameters<Retries["take"]>[0];

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

const RETRY = { attempts: 3, minDelay: 100, maxDelay: 250, factor: 2, jitter: 0, losses: 0 };
const lost = () => new WorkerLostError({ workerId: 1, reason: "it ended" });

/** A task at its first attempt. */
function task(retry: Partial<typeof RETRY> & { when?: () => boolean } = {}, options = {}) {
  const particulars: Record<string, unknown> = { attempt: 1, losses: 0, alone: false };
  return {
    state: "running",
    options: { retry: { ...RETRY, ...retry }, ...options },
    particulars,
    get attempt() {
      return particulars.attempt;
    },
    get alone() {
      return particulars.alone;
    },
    set: (changes: object) => void Object.assign(particulars, changes),
  } as unknown as Task;
}

function scene() {
  const delays: number[] = [];
  const due: Task[] = [];
  const unknown: unknown[] = [];
  const host = {
    retried: (_: Task, _error: unknown, delay: number) => void delays.push(delay),
    due: (task: Task) => void due.push(task),
    retryAfterUnknown: (_: Task, value: unknown) => void unknown.push(value),
    changed() {},
  };
  return { retries: new Retries(host as unknown as QueueHost), delays, due, unknown };
}

test("delays grow by the factor up to the longest, and the attempts end", () => {
  const { retries, delays, due } = scene();
  const one = task({ attempts: 4 });
  const tries = [1, 2, 3, 4].map(() => retries.take(one, new Error("no")));
  expect(tries).toEqual([true, true, true, false]);
  expect(delays).toEqual([100, 200, 250]);
  expect([one.attempt, one.state, retries.size]).toEqual([4, "pending", 1]);
  vi.advanceTimersByTime(250);
  expect(due).toContain(one);
  expect(retries.size).toBe(0);
});

test("a rate that finds its amount hears of each status 429, also of one that is not tried again", () => {
  let refused = 0;
  const host = { retried() {}, changed() {}, refused: () => void refused++ };
  const retries = new Retries(host as unknown as QueueHost, true);
  retries.take(task(), Object.assign(new Error("too many"), { status: 429 }));
  retries.take(task({ attempts: 1 }), new Error("too many", { cause: { response: { status: 429 } } }));
  retries.take(task(), Object.assign(new Error("down"), { status: 503 }));
  expect(refused).toBe(2);
});

test("an error says itself when the next attempt is due", () => {
  const { retries, delays, unknown } = scene();
  retries.take(task(), Object.assign(new Error("busy"), { retryAfter: 2 }));
  retries.take(task(), Object.assign(new Error("busy"), { retryAfter: "soon" }));
  expect(delays).toEqual([2_000, 100]);
  expect(unknown).toEqual(["soon"]);
  // No timer takes so long.
  expect(retries.take(task(), Object.assign(new Error("busy"), { retryAfter: 10_000_000 }))).toBe(false);
});

test.each<[string, Task, unknown]>([
  ["its input cannot cross", task(), new TaskCloneError("input", new Error("a function"))],
  ["parts of its input were transferred", task({}, { transfer: [] }), new Error("no")],
  ["`when` says no", task({ when: () => false }), new Error("no")],
  ["there is one attempt", task({ attempts: 1 }), new Error("no")],
])("a task is not tried again if %s", (_, one, error) => {
  const { retries } = scene();
  expect(retries.take(one, error)).toBe(false);
  expect(retries.size).toBe(0);
});

test("a task that was on two lost workers runs alone, and the third loss is final", () => {
  const { retries } = scene();
  const one = task({ attempts: 9 });
  const alone = [lost(), lost()].map((error) => retries.take(one, error) && one.alone);
  expect(alone).toEqual([false, true]);
  expect(retries.take(one, lost())).toBe(false);
});

test("losses that are allowed are no attempts, and a loss that the task threw itself is none", () => {
  const { retries } = scene();
  const one = task({ attempts: 1, losses: 1 });
  expect(retries.take(one, markThrown(lost()))).toBe(false);
  expect(retries.take(one, lost())).toBe(true);
  expect(retries.take(one, lost())).toBe(false);
});

test("a task that timed out while its loop was blocked runs alone, and then fails for good", () => {
  const { retries } = scene();
  const one = task();
  const blocked = new TaskTimeoutError("any", 100, "run", true);
  expect([retries.take(one, blocked), one.alone]).toEqual([true, true]);
  expect(retries.take(one, blocked)).toBe(false);
});

test("after stop() nothing is taken, and a task that settles leaves no timer", () => {
  const { retries } = scene();
  const one = task();
  retries.take(one, new Error("no"));
  retries.release(one);
  expect(vi.getTimerCount()).toBe(0);
  retries.stop();
  expect(retries.take(task(), new Error("no"))).toBe(false);
});
