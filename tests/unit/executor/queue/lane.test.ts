/** One line of waiting tasks: by priority, then by the order in which they came. */
import { expect, test } from "vitest";
import { comesFirst, Lane } from "../../../../lib/executor/queue/lane.ts";

type Waiting = Parameters<Lane["remove"]>[0];

let lastId = 0;

/** A task, as far as a lane looks at it. */
function task(priority = 0): Waiting & { state: string } {
  return { id: ++lastId, state: "pending", options: { priority } } as unknown as Waiting & { state: string };
}

const emptied = () => expect.unreachable("there are no feeds here");

test("the higher priority comes first, and within one the first come", () => {
  const lane = new Lane(emptied);
  const [low, high, next, negative] = [task(0), task(5), task(5), task(-1)];
  for (const each of [low, negative, high, next]) lane.push(each);
  expect([lane.shift(), lane.shift(), lane.shift(), lane.shift(), lane.shift()])
    .toEqual([high, next, low, negative, undefined]);
});

test("a task that comes back stands before those of its priority, behind those of a higher one", () => {
  const lane = new Lane(emptied);
  const [first, urgent, back] = [task(0), task(1), task(0)];
  lane.push(first);
  lane.push(urgent);
  lane.push(back, true);
  expect([lane.shift(), lane.shift(), lane.shift()]).toEqual([urgent, back, first]);
});

test("settled tasks are passed over, and are not counted", () => {
  const lane = new Lane(emptied);
  const tasks = Array.from({ length: 200 }, () => task());
  for (const each of tasks) lane.push(each);
  // More of them than are kept in line.
  for (const each of tasks.slice(0, 150)) {
    each.state = "settled";
    lane.forget();
  }
  expect(lane.size).toBe(50);
  expect(lane.tasks()).toEqual(tasks.slice(150));
  expect(lane.peek()).toBe(tasks[150]);
});

test("a task that is removed and pushed again stands behind those of its new priority", () => {
  const lane = new Lane(emptied);
  const [moved, other] = [task(0), task(3)];
  lane.push(moved);
  lane.push(other);
  lane.remove(moved);
  moved.options = { ...moved.options, priority: 3 };
  lane.push(moved);
  expect(lane.size).toBe(2);
  expect([lane.shift(), lane.shift()]).toEqual([other, moved]);
});

test("of the heads of two lanes, the higher priority goes first, then the lower number", () => {
  const [one, other, urgent] = [task(), task(), task(1)];
  expect(comesFirst(one, other)).toBe(true);
  expect(comesFirst(other, one)).toBe(false);
  expect(comesFirst(urgent, one)).toBe(true);
});
