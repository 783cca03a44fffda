/** The starts that a worker has to announce. */
import { expect, test } from "vitest";
import { Announcements } from "../../../../lib/executor/pool/announcements.ts";

test("a start is awaited from when its task was sent until it is announced", () => {
  const starts = new Announcements();
  expect(starts.until).toBe(-Infinity);
  starts.sent(7, 2, 1_000);
  expect(starts.until).toBe(6_000);
  expect(starts.begun(7)).toEqual({ isFirst: true, weights: undefined, at: 0 });
  expect(starts.begun(7)).toBe(undefined);
  expect(starts.begun(8)).toEqual({ isFirst: false, weights: undefined, at: 0 });
  expect(starts.until).toBe(-Infinity);
});

test("a start that is not announced for five seconds is overdue until its task has left", () => {
  const starts = new Announcements();
  starts.sent(1, 3, 0);
  starts.sent(4, 1, 100);
  expect(starts.overdue(4_999)).toHaveLength(0);
  expect(starts.overdue(5_000)).toHaveLength(3);
  starts.left(2);
  expect(starts.overdue(5_100)).toHaveLength(3);
  starts.end();
  expect(starts.overdue(9_000)).toHaveLength(0);
});

test("a start is announced, and overdue, with what it counts for", () => {
  const starts = new Announcements();
  starts.sent(1, 1, 0, [1, 800]);
  expect(starts.overdue(5_000)).toEqual([[1, 800]]);
  const start = starts.begun(1);
  expect(start).toEqual({ isFirst: true, weights: [1, 800], at: 0 });
  expect(starts.running(1)).toBe(start);
  starts.left(1);
  expect(starts.running(1)).toBeUndefined();
});
