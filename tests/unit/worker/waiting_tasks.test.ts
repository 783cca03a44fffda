import { afterEach, beforeEach, expect, test, vi } from "vitest";

// The file takes the timers as they are when it is loaded.
// Deno's own timers cannot be replaced.
vi.mock("../../../lib/wire/core_timers.ts", () => ({ coreTimers: undefined }));
vi.useFakeTimers();
const { WaitingTasks } = await import("../../../lib/worker/waiting_tasks.ts");

let given: number[];
let tasks: InstanceType<typeof WaitingTasks>;

beforeEach(() => {
  given = [];
  tasks = new WaitingTasks((id) => given.push(id));
});

afterEach(() => tasks.clear());

/** Adds tasks `id`, `id + 1`, …, one for each input. */
function add(id: number, inputs: unknown[], { since = performance.now(), keep = false, offset = 0 } = {}) {
  const request = keep ? { input: 0, taskId: id, attempt: 1, progress: false, keep } : undefined;
  tasks.add(id, { target: 3, inputs, offset, since, request });
}

test("tasks come out in the order in which they came, with target, input and index", () => {
  add(5, ["a", "b"], { offset: -5 });
  add(9, ["c"], { offset: 100 });
  expect(tasks.size).toBe(3);
  const out = [tasks.shift(), tasks.shift(), tasks.shift()];
  expect(out.map((task) => [task?.id, task?.target, task?.input, task?.index])).toEqual([
    [5, 3, "a", 0],
    [6, 3, "b", 1],
    [9, 3, "c", 109],
  ]);
  expect([tasks.shift(), tasks.size]).toEqual([undefined, 0]);
});

test("a deleted task does not come out, and is deleted once", () => {
  add(1, ["a", "b", "c"]);
  expect([tasks.delete(2), tasks.delete(2), tasks.delete(7)]).toEqual([true, false, false]);
  expect([tasks.size, tasks.shift()?.id, tasks.shift()?.id, tasks.shift()]).toEqual([2, 1, 3, undefined]);
});

test("a task that has come out cannot be deleted", () => {
  add(1, ["a", "b"]);
  tasks.shift();
  expect([tasks.delete(1), tasks.delete(2)]).toEqual([false, true]);
  expect(tasks.shift()).toBeUndefined();
});

test("tasks that have waited for 20 ms go back, the last first; those that must be kept stay", () => {
  add(1, ["a", "b"]);
  add(5, ["moved"], { keep: true });
  add(8, ["c"]);
  tasks.shift();
  tasks.watch();
  vi.advanceTimersByTime(25);
  expect(given).toEqual([8, 2]);
  expect([tasks.size, tasks.shift()?.id]).toEqual([1, 5]);
});

test("giveBackHeld() gives back what came 100 ms before, and nothing younger", () => {
  add(1, ["a"], { since: 1_000 });
  add(2, ["b"], { since: 1_050 });
  tasks.giveBackHeld(1_099);
  expect(given).toEqual([]);
  tasks.giveBackHeld(1_101);
  expect([given, tasks.size]).toEqual([[1], 1]);
});

test("clear() forgets all tasks and gives none back", () => {
  add(1, ["a", "b"]);
  tasks.watch();
  tasks.clear();
  vi.advanceTimersByTime(100);
  expect([tasks.size, tasks.shift(), given]).toEqual([0, undefined, []]);
});

test("many series that come and go leave the order as it is", () => {
  let next = 1;
  let expected = 1;
  for (let round = 0; round < 500; round++) {
    add(next, Array.from({ length: round % 4 + 1 }));
    next += round % 4 + 1;
    while (tasks.size > round % 7) expect(tasks.shift()?.id).toBe(expected++);
  }
});
