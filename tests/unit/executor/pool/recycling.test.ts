/** When a worker is replaced by a fresh one, and when its successor is started. */
import { expect, test } from "vitest";
import { isDue, isNearlySpent } from "../../../../lib/executor/pool/recycling.ts";

type Handle = Parameters<typeof isDue>[0];

function worker(figures: Partial<Handle> = {}): Handle {
  const now = performance.now();
  return {
    state: "ready",
    used: true,
    isOutdated: false,
    tasksSent: 0,
    tasksLeft: Infinity,
    heapBytes: 0,
    readySince: now,
    startedIn: 100,
    ...figures,
  } as Handle;
}

test.each<[string, Partial<Handle>, Parameters<typeof isDue>[1], boolean]>([
  ["no limit", {}, {}, false],
  ["tasks left", { tasksLeft: 1 }, { tasks: 5 }, false],
  ["no task left", { tasksLeft: 0 }, { tasks: 5 }, true],
  ["outdated", { isOutdated: true }, {}, true],
  ["a heap within its limit", { heapBytes: 9 }, { heapBytes: 10 }, false],
  ["a heap at its limit", { heapBytes: 10 }, { heapBytes: 10 }, true],
  ["young", {}, { ageMs: 60_000 }, false],
  ["old", { readySince: performance.now() - 60_000 }, { ageMs: 60_000 }, true],
  ["not ready", { state: "draining", tasksLeft: 0 }, { tasks: 5 }, false],
])("a worker is due to be replaced: %s", (_, figures, options, due) => {
  expect(isDue(worker(figures), options)).toBe(due);
});

test.each<[string, Partial<Handle>, boolean]>([
  ["no limit of tasks", {}, false],
  ["one task left", { tasksLeft: 1 }, true],
  // 10 a second: the last is sent in 10 s, and a successor takes 0.1 s.
  ["many left", { tasksSent: 10, tasksLeft: 100, readySince: performance.now() - 1_000 }, false],
  // 1,000 a second: the last is sent in 0.1 s.
  ["few left, as fast as they are sent", {
    tasksSent: 1_000,
    tasksLeft: 100,
    readySince: performance.now() - 1_000,
  }, true],
  ["never used", { used: false, tasksLeft: 1 }, false],
])("a worker's successor is started: %s", (_, figures, nearly) => {
  expect(isNearlySpent(worker(figures))).toBe(nearly);
});
