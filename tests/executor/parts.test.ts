/** The executor's small parts, each alone. */
import { expect, test, vi } from "vitest";
import { Deadlines } from "../../lib/executor/deadlines.ts";
import { Fifo } from "../../lib/executor/calls/fifo.ts";
import { Histogram } from "../../lib/executor/histogram.ts";
import { DROPPED, Failed, Outcomes } from "../../lib/executor/calls/map_results.ts";
import { Pace } from "../../lib/executor/pool/pace.ts";
import { SEGMENT, Segments } from "../../lib/executor/calls/segments.ts";
import { positionOf } from "../../lib/executor/pool/position.ts";

test("a Fifo hands out what it was given, in order, through any mix of pushes and shifts", () => {
  const fifo = new Fifo<number>();
  let next = 0;
  let expected = 0;
  for (let round = 0; round < 200; round++) {
    for (let i = 0; i < 37; i++) fifo.push(next++);
    for (let i = 0; i < 30; i++) expect(fifo.shift()).toBe(expected++);
  }
  expect([...fifo][0]).toBe(expected);
  fifo.unshift(-1);
  expect(fifo.shift()).toBe(-1);
  fifo.filter((n) => n % 2 === 0);
  expect(fifo.peek()! % 2).toBe(0);
  fifo.clear();
  expect(fifo.size).toBe(0);
  expect(fifo.shift()).toBe(undefined);
  fifo.unshift(5);
  expect([...fifo]).toEqual([5]);
});

test("Segments hand out every input once, in order, whether they came one by one or together", () => {
  const segments = new Segments();
  let next = 0;
  let expected = 0;
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 3 * SEGMENT / 10; i++) segments.add(next++);
    segments.push([next++, `text ${next++}`, next++]);
    expect(segments.size).toBe(next - expected);
    while (segments.size > 100) {
      const some = segments.take(1 + (round * 97) % 400) as unknown[];
      expect(some.map((item) => typeof item === "string" ? expected + some.indexOf(item) : item))
        .toEqual(some.map((_, at) => expected + at));
      expected += some.length;
    }
  }
  segments.clear();
  expect(segments.size).toBe(0);
  segments.add("after");
  expect(segments.take(10)).toEqual(["after"]);
});

test("an array that Segments have handed out gets nothing added any more", () => {
  const segments = new Segments();
  segments.add(1);
  const first = segments.take(10);
  segments.add(2);
  expect([first, segments.take(10)]).toEqual([[1], [2]]);
});

test("Outcomes come in the order of the inputs, however many wait", () => {
  const outcomes = new Outcomes(true);
  const read: unknown[] = [];
  outcomes.expect(500);
  for (let index = 499; index > 0; index--) outcomes.add(index, index === 7 ? DROPPED : index);
  expect(outcomes.isReady).toBe(false);
  outcomes.add(0, 0);
  expect(outcomes.drainInto(read, 0)).toBe(7);
  expect(outcomes.shift()).toBe(DROPPED);
  outcomes.expect(1_000);
  outcomes.add(500, new Failed("why"));
  expect(outcomes.drainInto(read, read.length)).toBe(492);
  expect(read).toEqual(Array.from({ length: 500 }, (_, n) => n).filter((n) => n !== 7));
  expect(outcomes.peek()).toEqual(new Failed("why"));
});

test("a Histogram's percentiles are within 5 % of the truth, and its bounds exact", () => {
  const histogram = new Histogram();
  for (let ms = 1; ms <= 1_000; ms++) histogram.record(ms * 1_000);
  const { min, mean, p50, p90, p99, max } = histogram.distribution();
  expect([min, mean, max]).toEqual([1, 500.5, 1_000]);
  for (const [got, truth] of [[p50, 500], [p90, 900], [p99, 990]]) expect(got / truth).toBeCloseTo(1, 1);
  expect(histogram.sum).toBe(500_500);
  expect(new Histogram().distribution().p99).toBe(0);
});

test("Deadlines expire in order, forget what was deleted, and hold no timer when empty", () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  try {
    const expired: string[] = [];
    const deadlines = new Deadlines<string>((item) => expired.push(item));
    deadlines.add("slow", 100);
    deadlines.add("a", 10);
    vi.advanceTimersByTime(5);
    deadlines.add("b", 10);
    deadlines.add("gone", 10);
    deadlines.add("never", Infinity);
    deadlines.delete("gone", 10);
    vi.advanceTimersByTime(5);
    expect(expired).toEqual(["a"]);
    vi.advanceTimersByTime(5);
    expect(expired).toEqual(["a", "b"]);
    deadlines.delete("slow", 100);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test("Pace sends short tasks ahead, never long ones, and nothing to a worker that is silent", () => {
  const pace = new Pace(16);
  expect(pace.ahead(0, 0)).toBe(0);
  pace.begin(0);
  for (let i = 0; i < 50; i++) {
    pace.observe(2, 500);
    pace.endBatch(i);
  }
  expect(pace.ahead(0, 0)).toBe(4_096);
  expect(pace.ahead(0, 100)).toBe(0);
  pace.observe(20_000, 1);
  pace.endBatch(50);
  expect(pace.ahead(0, 0)).toBe(0);
});

test("Pace sends no more ahead than a worker does in some milliseconds, however short its tasks are", () => {
  const pace = new Pace(16);
  pace.begin(0);
  for (let i = 1; i <= 60; i++) {
    // One in a millisecond: it takes that long to bring the input there.
    pace.observe(1, 1);
    pace.endBatch(i);
  }
  expect(pace.ahead(60, 60)).toBe(16);
});

test("Pace sends further ahead where workers share a core, up to eight times", () => {
  const ahead = (perCore: number) => {
    const pace = new Pace(16, { perCore });
    pace.begin(0);
    for (let i = 1; i <= 60; i++) {
      pace.observe(1, 1);
      pace.endBatch(i);
    }
    return pace.ahead(60, 60);
  };
  expect([0.5, 1, 2, 32].map(ahead)).toEqual([16, 16, 32, 128]);
});

test("Pace forgets slowly what a worker did when it had more to do", () => {
  const pace = new Pace(16);
  pace.begin(0);
  for (let time = 4; time <= 200; time += 4) {
    pace.observe(1, 400);
    pace.endBatch(time);
  }
  expect(pace.ahead(200, 200)).toBe(1_600);
  pace.observe(1, 4);
  pace.endBatch(204);
  expect(pace.ahead(204, 204)).toBe(1_280);
});

test("keys spread over the slots, and each has one", () => {
  const slots = Array.from({ length: 1_000 }, (_, i) => positionOf(`key ${i}`, 7));
  expect(new Set(slots).size).toBe(7);
  expect(positionOf("key 5", 7)).toBe(slots[5]);
  expect(positionOf(5, 7)).toBe(positionOf("5", 7));
});
