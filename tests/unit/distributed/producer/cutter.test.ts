/** Job chunks that are cut from the inputs that wait. */

import { expect, test } from "vitest";
import { Cutter } from "../../../../lib/distributed/producer/cutter.ts";
import { feedOf } from "../fakes.ts";

test("feeds take turns, and one without inputs leaves", () => {
  const cutter = new Cutter(2);
  const [one, other] = [feedOf("a", [1, 2, 3]), feedOf("b", [4, 5])];
  cutter.add(one.feed);
  cutter.add(other.feed);
  expect(cutter.waiting).toBe(5);
  const cuts = Array.from({ length: 4 }, () => cutter.cut(8));
  expect(cuts.map((cut) => [cut?.feed.spec.task, cut?.inputs.texts, cut?.inputs.first])).toEqual([
    ["a", ["1", "2"], 0],
    ["b", ["4", "5"], 0],
    ["a", ["3"], 2],
    [undefined, undefined, undefined],
  ]);
  expect(cutter.feeds).toEqual([]);
});

test("an input that is too large for a broker fails, and the next feed is cut", () => {
  const cutter = new Cutter();
  const large = feedOf("a", ["x".repeat(17 * 1024 * 1024)]);
  cutter.add(large.feed);
  cutter.add(feedOf("b", [1]).feed);
  expect(cutter.cut(8)?.feed.spec.task).toBe("b");
  expect(large.told).toEqual([[0, expect.any(RangeError)]]);
});

test("the appetite for a task grows with its job chunks", () => {
  const cutter = new Cutter();
  expect(cutter.appetite("a", 4)).toBe(8);
  cutter.sizerOf("a").record(1, 1);
  expect(cutter.appetite("a", 4)).toBe(64);
  expect(cutter.tasks).toEqual(["a"]);
});

test("feeds of a higher priority are cut first, also if it was changed while they waited", () => {
  const cutter = new Cutter(1);
  const feeds = ["a", "b", "c"].map((task) => feedOf(task, [1, 2]).feed);
  feeds[1].priority = 5;
  for (const feed of feeds) cutter.add(feed);
  const next = () => cutter.cut(8)?.feed.spec.task;
  expect([next(), next(), next()]).toEqual(["b", "b", "a"]);
  feeds[2].priority = 7;
  cutter.add(feeds[2]);
  expect(cutter.waiting).toBe(3);
  expect(new Set(cutter.feeds)).toEqual(new Set([feeds[0], feeds[2]]));
  expect([next(), next(), next(), next()]).toEqual(["c", "c", "a", undefined]);
  expect(cutter.feeds).toEqual([]);
});

test("with batches, a job chunk has whole ones: one at first, and no more inputs than others have", () => {
  const cutter = new Cutter();
  const { feed } = feedOf("a", Array.from({ length: 2_000 }, (_, n) => n), true, { batch: 100 });
  cutter.add(feed);
  const next = () => cutter.cut(1)?.inputs.texts.length;
  expect(next()).toBe(100);
  // The sizer counts batches.
  cutter.sizerOf("a").record(1, 1);
  expect(next()).toBe(200);
  const large = feedOf("b", Array.from({ length: 600 }, (_, n) => n), true, { batch: 500 });
  cutter.add(large.feed);
  cutter.sizerOf("b").record(1, 1);
  expect([next(), next()].sort()).toEqual([200, 500]);
});
