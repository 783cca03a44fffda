/** How workers are divided among runs. */

import { expect, test } from "vitest";
import { type Asking, roomsOf } from "../../../../lib/distributed/producer/shares.ts";

const PLAIN = { labels: [], slots: 4 };
const GPU = { labels: ["gpu"], slots: 4 };
const RUN = { on: [], priority: 0 };
const other = (more: Partial<Asking> = {}): Asking => ({
  on: [],
  priority: 0,
  chunks: 8,
  waits: true,
  ...more,
});

test("a run alone has two job chunks for each slot", () => {
  expect(roomsOf([PLAIN, { labels: [], slots: 0 }], RUN, [])).toEqual([8, 0]);
});

test("runs of equal priority have equal parts, and at least one job chunk", () => {
  expect(roomsOf([PLAIN], RUN, [other()])).toEqual([4]);
  expect(roomsOf([PLAIN], RUN, [other(), other()])).toEqual([2]);
  expect(roomsOf([PLAIN], RUN, Array.from({ length: 20 }, () => other()))).toEqual([1]);
});

test("what a run does not need goes to the others", () => {
  expect(roomsOf([PLAIN], RUN, [other({ waits: false, chunks: 1 })])).toEqual([7]);
  expect(roomsOf([PLAIN], RUN, [other({ waits: false, chunks: 1 }), other()])).toEqual([3]);
  expect(roomsOf([PLAIN], RUN, [other({ waits: false, chunks: 30 })])).toEqual([4]);
});

test("a run of a higher priority has all that it asks for, and one of a lower priority what is left", () => {
  expect(roomsOf([PLAIN], RUN, [other({ priority: -1 })])).toEqual([8]);
  expect(roomsOf([PLAIN], RUN, [other({ priority: 1 })])).toEqual([0]);
  expect(roomsOf([PLAIN], RUN, [other({ priority: 1, waits: false, chunks: 3 })])).toEqual([5]);
});

test("runs share only workers whose labels both accept", () => {
  expect(roomsOf([PLAIN, GPU], RUN, [other({ on: ["gpu"] })])).toEqual([8, 4]);
  expect(roomsOf([PLAIN, GPU], { on: ["gpu"], priority: 0 }, [other()])).toEqual([0, 4]);
  expect(roomsOf([PLAIN, GPU], { on: ["gpu", "big"], priority: 0 }, [])).toEqual([0, 0]);
  // Half of the other run's job chunks are on the other pool.
  expect(roomsOf([PLAIN, GPU], RUN, [other({ waits: false, chunks: 4 })])).toEqual([6, 6]);
});
