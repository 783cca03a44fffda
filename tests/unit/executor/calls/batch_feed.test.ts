import { beforeEach, describe, expect, test } from "vitest";
import { BatchFeed } from "../../../../lib/executor/calls/batch_feed.ts";
import type { FeedSink } from "../../../../lib/executor/tasks/feed.ts";
import { toErrorData } from "../../../../lib/wire/error_data.ts";
import { BATCH_FAILURE } from "../../../../lib/wire/input_batch.ts";
import { Lines, unpack } from "../../../../lib/wire/lines.ts";
import { linesOf as lines } from "../../../lines_of.ts";

/** A batch feed of batches of three, what it sent to the executor, and what its sink was told. */
function setUp() {
  const sent: string[][] = [];
  const calls: string[] = [];
  const told: unknown[][] = [];
  let executor: FeedSink;
  const feed = new BatchFeed({
    size: 3,
    openFeed(sink) {
      executor = sink;
      return {
        push: ([batch]: unknown[]) => void sent.push((unpack(batch) as Lines).toArray() as string[]),
        arrived: () => void calls.push("arrived"),
        drain: () => void calls.push("drain"),
        cancel: () => void calls.push("cancel"),
      } as never;
    },
    sink: {
      succeeded: (first, micros, values, workerId) =>
        void told.push([
          "ok",
          first,
          micros,
          Array.from({ length: values.length }, (_, at) => values.at(at)),
          workerId,
        ]),
      settled: (index, { ok, value, task }) =>
        void told.push([index, ok, value, task?.micros, ...(task?.counts ? [task.counts] : [])]),
      retried: (index, { attempt, micros }) => void told.push(["retried", index, attempt, micros]),
    },
  });
  const settle = (index: number, ok: boolean, value: unknown, attempt = 1) =>
    executor.settled(index, { ok, value, task: { attempt, micros: 30, workerId: 7 } });
  return { feed, sent, calls, told, settle, executor: executor! };
}

let parts: ReturnType<typeof setUp>;
beforeEach(() => void (parts = setUp()));

test("the sums of a call go to one of its inputs, and to one that did not fail if there is one", () => {
  const counts = { calls: 1 };
  const task = { attempt: 1, micros: 30, workerId: 7, counts };
  const failure = toErrorData(new Error("bad"));
  const { feed, executor, told } = parts;
  feed.push(lines(..."abcdefghi"));
  executor.settled(0, { ok: true, value: { results: ["A", "B", "C"], failed: [] }, task });
  executor.settled(1, { ok: true, value: { results: ["E", "F"], failed: [[0, failure]] }, task });
  executor.settled(2, { ok: false, value: new Error("all"), task });
  expect(told.map(([index, ok, , , counts]) => [index, ok, counts])).toEqual([
    [0, true, counts],
    [1, true, undefined],
    [2, true, undefined],
    [3, false, undefined],
    [4, true, counts],
    [5, true, undefined],
    [6, false, counts],
    [7, false, undefined],
    [8, false, undefined],
  ]);
});

describe("inputs", () => {
  test("are sent in full batches, and those that are left as a smaller one", () => {
    const { feed, sent } = parts;
    feed.push(lines("a", "b", "c", "d", "e", "f"));
    feed.push(lines("g"));
    expect(sent).toEqual([["a", "b", "c"], ["d", "e", "f"], ["g"]]);
    expect([0, 1, 2, 3].map((number) => feed.batchOf(number)?.first)).toEqual([0, 3, 6, undefined]);
  });

  test("that were sent are the executor's when the feed drains or is cancelled", () => {
    for (const end of ["drain", "cancel"] as const) {
      const { feed, told, calls } = setUp();
      feed.push(lines("a", "b", "c", "d"));
      feed[end]("over");
      expect([told, calls.at(-1)]).toEqual([[], end]);
    }
  });
});

describe("the outcome of a batch", () => {
  beforeEach(() => parts.feed.push(lines("a", "b", "c", "d", "e", "f")));

  test("at the first attempt is that of its inputs at once, each with its part of the time", () => {
    parts.settle(1, true, { results: ["D", "E", "F"], failed: [] });
    expect(parts.told).toEqual([["ok", 3, 10, ["D", "E", "F"], 7]]);
  });

  test("at a later attempt, or with inputs that failed by themselves, is told input by input", () => {
    const error = toErrorData(new RangeError("b is bad"));
    parts.settle(0, true, { results: ["A", "C"], failed: [[1, error]] });
    parts.settle(1, true, { results: ["D", "E", "F"], failed: [] }, 2);
    expect(parts.told).toEqual([
      [0, true, "A", 10],
      [1, false, expect.objectContaining({ name: "RangeError", message: "b is bad" }), 10],
      [2, true, "C", 10],
      ...["D", "E", "F"].map((value, at) => [3 + at, true, value, 10]),
    ]);
  });

  test("that is a failure is the failure of all, except those that had failed by themselves", () => {
    const cause = new Error("all");
    const failed = [[2, toErrorData(new RangeError("c is bad"))]];
    parts.settle(
      0,
      false,
      Object.assign(new Error("The batch failed", { cause }), { name: BATCH_FAILURE, failed }),
    );
    expect(parts.told.map(([index, ok, value]) => [index, ok, (value as Error).message]))
      .toEqual([[0, false, "all"], [1, false, "all"], [2, false, "c is bad"]]);
  });

  test("is no batch's failure if an error of the task's only has its name", () => {
    const own = Object.assign(new Error("own"), { name: BATCH_FAILURE, failed: ["forged"] });
    parts.settle(0, false, own);
    expect(parts.told.every(([, , value]) => value === own)).toBe(true);
  });

  test("that is tried again is told for each input", () => {
    parts.executor.retried!(0, { attempt: 1, micros: 30, workerId: 7 }, new Error("busy"));
    expect(parts.told).toEqual([0, 1, 2].map((index) => ["retried", index, 1, 10]));
  });
});
