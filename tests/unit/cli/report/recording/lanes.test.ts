import { expect, test } from "vitest";
import { type Laid, Lanes } from "../../../../../lib/cli/report/recording/lanes.ts";

const tasks = (...times: number[]): Laid[] => times.map((ms) => ({ ms, start: NaN, lane: NaN }));
const laid = (group: Laid[]) => group.map(({ start, ms, lane }) => [lane, start, start + ms]);

test("tasks that took less than the time since the results before ran one after another", () => {
  const lanes = new Lanes(() => 4);
  const group = tasks(10, 20);
  lanes.place(group, 100);
  expect(laid(group)).toEqual([[0, 70, 80], [0, 80, 100]]);
  expect(lanes.count).toBe(1);
});

test("a task that took longer than that ended just now, in a lane of its own", () => {
  const lanes = new Lanes(() => 4);
  lanes.place(tasks(50), 100);
  const group = tasks(30, 90);
  lanes.place(group, 130);
  const long = group.find(({ ms }) => ms === 90)!;
  expect([long.start, long.lane]).toEqual([40, 1]);
  expect(lanes.count).toBe(2);
});

test("there are never more lanes than slots, and no two tasks of a lane overlap", () => {
  const lanes = new Lanes(() => 2);
  const ends = [0, 0];
  for (let at = 50; at <= 500; at += 50) {
    const group = tasks(45, 48, 49);
    lanes.place(group, at);
    for (const { lane, start, ms } of group) {
      expect(start).toBeGreaterThanOrEqual(ends[lane]);
      ends[lane] = start + ms;
    }
  }
  expect(lanes.count).toBe(2);
});
