import { expect, test } from "vitest";
import { Amounts } from "../../../lib/worker/amounts.ts";
import { type ContextHost, RunningTask } from "../../../lib/worker/running_task.ts";
import { RunningTasks, type Slot } from "../../../lib/worker/running_tasks.ts";
import type { Target } from "../../../lib/worker/target.ts";

const worker: ContextHost = {
  workerId: 1,
  position: 0,
  workerData: undefined,
  keySeed: "seed",
  isGivenUp: () => false,
  sendProgress() {},
  tell() {},
  add() {},
  amounts: new Amounts(),
};
const target = {} as Target;

function setUp() {
  const told: [string, Slot, unknown][] = [];
  const running = new RunningTasks({
    returned: (slot, value) => told.push(["returned", slot, value]),
    failed: (slot, error) => told.push(["failed", slot, error]),
  });
  const add = (id: number) => running.add(new RunningTask(worker, id, undefined, undefined), target, 0);
  return { running, told, add };
}

test("a task is found by its id while it runs, and not after", () => {
  const { running, add } = setUp();
  const slot = add(7);
  const task = slot.task!;
  expect([running.size, running.find(7), running.has(task)]).toEqual([1, slot, true]);
  running.free(slot);
  expect([running.size, running.find(7), running.has(task)]).toEqual([0, undefined, false]);
});

test("a freed slot is used again, without the stream of the task before", () => {
  const { running, add } = setUp();
  const slot = add(1);
  slot.room = {} as never;
  running.free(slot);
  const again = add(2);
  expect(again).toBe(slot);
  expect([again.room, running.find(1), running.find(2)]).toEqual([undefined, undefined, slot]);
});

test("a slot's two functions tell the host of that slot", () => {
  const { told, add } = setUp();
  const [one, two] = [add(1), add(2)];
  two.returned("value");
  one.failed("error");
  expect(told).toEqual([["returned", two, "value"], ["failed", one, "error"]]);
});

test("each() visits only slots with a task", () => {
  const { running, add } = setUp();
  const slots = [add(1), add(2), add(3)];
  running.free(slots[1]);
  const seen: number[] = [];
  running.each(({ task }) => seen.push(RunningTask.wireId(task)));
  expect(seen).toEqual([1, 3]);
});
