/** What ends a task from outside. The clock is the test's. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Limits } from "../../../../lib/executor/queue/limits.ts";

type Task = Parameters<Limits["submitted"]>[0];

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

/** A task with these limits, and what has happened to it. */
function task(limits: { signal?: AbortSignal; timeout?: number; queueTimeout?: number }) {
  const events: unknown[] = [];
  const made = {
    events,
    target: { spec: { name: "any" } },
    options: { timeout: Infinity, queueTimeout: Infinity, ...limits },
    owner: { overdue: () => void events.push("overdue") },
    cancel: (reason: unknown) => void events.push(reason instanceof Error ? reason.name : reason),
  };
  return made as unknown as Task & { events: unknown[] };
}

test("a signal cancels all its tasks that have not settled, with its reason", () => {
  const limits = new Limits();
  const controller = new AbortController();
  const [one, settled, other] = [1, 2, 3].map(() => task({ signal: controller.signal }));
  for (const each of [one, settled, other]) limits.submitted(each);
  limits.settled(settled);
  controller.abort("no longer needed");
  expect([one, settled, other].map(({ events }) => events))
    .toEqual([["no longer needed"], [], ["no longer needed"]]);
});

test("the time in the queue counts while a task waits, and again when it comes back", () => {
  const limits = new Limits();
  const waiting = task({ queueTimeout: 1_000 });
  limits.submitted(waiting);
  vi.advanceTimersByTime(900);
  limits.started(waiting);
  vi.advanceTimersByTime(5_000);
  expect(waiting.events).toEqual([]);
  limits.returned(waiting);
  vi.advanceTimersByTime(1_001);
  expect(waiting.events).toEqual(["TaskTimeoutError"]);
});

test("the time on a worker is judged by the task's owner, and ends when the task comes back", () => {
  const limits = new Limits();
  const [runs, returns] = [task({ timeout: 1_000 }), task({ timeout: 1_000 })];
  for (const each of [runs, returns]) limits.started(each);
  limits.stopped(returns);
  vi.advanceTimersByTime(1_001);
  expect([runs.events, returns.events]).toEqual([["overdue"], []]);
  limits.settled(runs);
  expect(vi.getTimerCount()).toBe(0);
});
