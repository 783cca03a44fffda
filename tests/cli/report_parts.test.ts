/** The parts that a report is made of, one by one. */
import { describe, expect, test } from "vitest";
import { Bars } from "../../lib/cli/report/recording/bars.ts";
import { Curves } from "../../lib/cli/report/recording/curves.ts";
import { ErrorGroups } from "../../lib/cli/report/recording/error_groups.ts";
import { type Laid, Lanes } from "../../lib/cli/report/recording/lanes.ts";
import { type Placed, Recorder } from "../../lib/cli/report/recording/recorder.ts";
import { hashOf } from "../../lib/cli/report/recording/sample.ts";

const laid = (ms: number): Laid => ({ ms, start: 0, lane: 0 });

/** Tasks by lane, none beginning before the one before it has ended. */
function expectNoOverlap(tasks: Laid[]): void {
  const lanes = Map.groupBy(tasks, ({ lane }) => lane);
  for (const inLane of lanes.values()) {
    inLane.sort((one, other) => one.start - other.start);
    inLane.slice(1).forEach((task, at) => {
      expect(task.start).toBeGreaterThanOrEqual(inLane[at].start + inLane[at].ms - 1e-6);
    });
  }
}

describe("Lanes", () => {
  test("a worker that runs one at a time has one lane, though results come late by turns", () => {
    const lanes = new Lanes(() => 1);
    const tasks: Laid[] = [];
    for (let at = 1; at <= 50; at++) {
      const task = laid(10);
      lanes.place([task], at * 10 + (at % 3) * 0.7);
      tasks.push(task);
    }
    expect(lanes.count).toBe(1);
    expectNoOverlap(tasks);
  });

  test("short tasks whose results come together ran one after the other", () => {
    const lanes = new Lanes(() => 16);
    const tasks = [1, 2, 3].map(laid);
    lanes.place(tasks, 100);
    expect(tasks).toEqual([
      { ms: 1, start: 94, lane: 0 },
      { ms: 2, start: 95, lane: 0 },
      { ms: 3, start: 97, lane: 0 },
    ]);
  });

  test("tasks that waited side by side have a lane each, and end when their results came", () => {
    const lanes = new Lanes(() => 4);
    lanes.place([laid(1)], 60);
    const tasks = [50, 50, 50].map(laid);
    lanes.place(tasks, 100);
    expect(tasks.map(({ start }) => start)).toEqual([50, 50, 50]);
    expect(new Set(tasks.map(({ lane }) => lane)).size).toBe(3);
    expectNoOverlap(tasks);
  });

  test("a random run of four slots needs four lanes, and no two tasks share one at a time", () => {
    let seed = 7;
    const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    const slots = [0, 0, 0, 0];
    const ran = Array.from({ length: 2_000 }, () => {
      const slot = slots.indexOf(Math.min(...slots));
      const ms = 3 + random() * 40;
      slots[slot] += ms;
      return { end: slots[slot], ms };
    }).sort((one, other) => one.end - other.end);
    const lanes = new Lanes(() => 4);
    const tasks = ran.map(({ end, ms }) => {
      const task = laid(ms);
      lanes.place([task], end);
      expect(task.start).toBeCloseTo(end - ms, 6);
      return task;
    });
    expect(lanes.count).toBe(4);
    expectNoOverlap(tasks);
  });

  test("there are never more lanes than slots", () => {
    const lanes = new Lanes(() => 2);
    const tasks = [20, 20, 20, 20].map(laid);
    lanes.place(tasks, 20);
    expect(lanes.count).toBe(2);
    expectNoOverlap(tasks);
  });
});

describe("Curves", () => {
  test("count every task, and cover its time, however long the run becomes", () => {
    const curves = new Curves();
    let total = 0;
    for (let at = 0; at < 5_000; at++) {
      const ms = (at % 700) + 0.5;
      total += ms;
      curves.add({ start: at * 7.3, ms, ok: at % 10 !== 0, position: at % 3 });
    }
    const { step, ok, failed, inFlight, positions } = curves.data();
    const sum = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
    expect([sum(ok), sum(failed)]).toEqual([4_500, 500]);
    expect(ok.length).toBeLessThanOrEqual(1_024);
    expect(sum(inFlight) * step / total).toBeCloseTo(1, 3);
    expect(sum(positions.map(sum)) / sum(inFlight)).toBeCloseTo(1, 3);
    expect(step * ok.length).toBeGreaterThan(4_999 * 7.3);
  });

  test("a task from 10 to 30 ms is one in flight then, and none before or after", () => {
    const curves = new Curves();
    curves.add({ start: 10, ms: 20, ok: true, position: 0 });
    curves.add({ start: 40, ms: 0, ok: true, position: 0 });
    const { step, inFlight } = curves.data();
    expect(step).toBe(1);
    inFlight.forEach((value, at) => expect(value).toBe(at >= 10 && at < 30 ? 1 : 0));
  });
});

test("Bars keeps every task until they are too many, then says which part it has", () => {
  const few = new Bars();
  for (let index = 0; index < 1_000; index++) {
    few.add({ index, position: 0, lane: 0, start: index, ms: 1, ok: true });
  }
  expect(few.data()).toMatchObject({ count: 1_000, oneIn: 1, failedOneIn: 1 });
  const many = new Bars();
  for (let index = 0; index < 1_000_000; index++) {
    many.add({ index, position: 0, lane: 0, start: index, ms: 1, ok: index % 1_000 !== 0 });
  }
  const { count, oneIn, failedOneIn } = many.data();
  expect([oneIn, failedOneIn]).toEqual([32, 1]);
  expect((count - 1_000) / (999_000 / oneIn)).toBeCloseTo(1, 1);
  expect(count).toBeLessThanOrEqual(32_768 + 1_000);
});

test("hashOf() takes as many of each residue, so that a sample shows what comes at regular distances", () => {
  const found = Array.from({ length: 10_000 }, (_, index) => index).filter((index) =>
    (hashOf(index) & 7) === 0
  );
  for (let residue = 0; residue < 8; residue++) {
    const share = found.filter((index) => index % 8 === residue).length / found.length;
    expect(share).toBeGreaterThan(0.09);
    expect(share).toBeLessThan(0.16);
  }
});

test("ErrorGroups puts errors together that differ in numbers, texts and URLs", () => {
  const groups = new ErrorGroups();
  const add = (name: string, message: string, line: number) =>
    groups.add(
      { name, message, stack: "" },
      () => ({ index: line, line, input: String(line), ok: false, ms: 1, attempts: 1 }),
    );
  for (let line = 1; line <= 20; line++) add("Error", `http://host/${line}?a=b answered ${400 + line}`, line);
  add("Error", 'no "a" in it', 21);
  add("Error", 'no "b" in it', 22);
  add("TypeError", 'no "b" in it', 23);
  expect(groups.list().map(({ count }) => count)).toEqual([20, 2, 1]);
  expect(groups.list()[0].samples.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5]);
  for (let kind = 0; kind < 60; kind++) add(`E${kind}x`, "", kind);
  expect(groups.list()).toHaveLength(50);
  expect(groups.others).toBe(13);
});

test("Recorder gives a worker that replaces another its place", () => {
  const placed: Placed[] = [];
  let alive = [1, 2];
  const recorder = new Recorder({
    begun: 1_000,
    concurrency: 1,
    originOf: (index) => ({ number: index + 1, line: `input ${index}` }),
    workers: () => alive,
    onPlaced: (task) => placed.push(task),
  });
  const settle = (index: number, workerId: number, at: number, ok = true) =>
    recorder.settled({
      index,
      ok,
      ms: 10,
      workerId,
      at,
      error: ok ? undefined : { name: "E", message: "m", stack: "" },
    });
  settle(0, 1, 1_010);
  settle(1, 2, 1_010);
  settle(2, 1, 1_020, false);
  alive = [2, 3];
  settle(3, 3, 1_040);
  settle(4, 0, 1_050, false);
  recorder.finish();
  expect(placed.map(({ index, position, start }) => [index, position, start])).toEqual([
    [0, 0, 0],
    [1, 1, 0],
    [2, 0, 10],
    [3, 0, 30],
  ]);
  expect(recorder.positions.map(({ workers, tasks, failed }) => ({ workers, tasks, failed }))).toEqual([
    { workers: [1, 3], tasks: 3, failed: 1 },
    { workers: [2], tasks: 1, failed: 0 },
  ]);
  expect(recorder).toMatchObject({ ok: 3, failed: 2 });
  expect(recorder.errors.list()).toMatchObject([{
    count: 2,
    samples: [{ line: 3, input: "input 2" }, { line: 5 }],
  }]);
});
