/** Inputs of `--batch` that are held back until they fill a batch. */

import { expect, test } from "vitest";
import { WholeBatches } from "../../../../lib/cli/input/whole_batches.ts";
import { BatchFeed } from "../../../../lib/executor/calls/batch_feed.ts";
import type { FeedSink } from "../../../../lib/executor/tasks/feed.ts";
import { Lines, unpack } from "../../../../lib/wire/lines.ts";
import { linesOf } from "../../../lines_of.ts";

/** Batches of three, what was handed on, and what the sink was told. */
function setUp() {
  const sent: string[][] = [];
  const told: unknown[] = [];
  const state = { stuck: false };
  let executor: FeedSink;
  const feed = new WholeBatches({
    size: 3,
    isStuck: () => state.stuck,
    openFeed(sink) {
      executor = sink;
      return {
        push: (lines: Lines) => void sent.push(lines.toArray() as string[]),
        arrived: () => {},
        drain: (reason: unknown) => void told.push(["drain", reason]),
        cancel: (reason: unknown) => void told.push(["cancel", reason]),
      } as never;
    },
    sink: {
      succeeded: (index, _micros, values) => void told.push([index, values.length]),
      settled: (index, { ok, value }) => void told.push([index, ok, value]),
    },
  });
  return { feed, sent, told, state, executor: executor! };
}

const lines = (text: string) => linesOf(...text);

test("batches are whole, however inputs come, and neighbouring ones stay together", () => {
  const { feed, sent } = setUp();
  for (const text of ["ab", "c", "defghij", "k", "lmno", "pqr"]) feed.push(lines(text));
  expect(sent.map((some) => some.join(""))).toEqual(["abc", "defghi", "jkl", "mno", "pqr"]);
});

test("inputs that do not fill a batch are handed on at the end, or when nothing else can settle", () => {
  const { feed, sent, told, state, executor } = setUp();
  feed.push(lines("abcd"));
  feed.stuck();
  state.stuck = true;
  feed.stuck();
  expect(sent).toEqual([["a", "b", "c"]]);
  executor.succeeded(0, 1, ["A", "B"], 1);
  executor.settled(2, { ok: false, value: "no" });
  expect(sent).toEqual([["a", "b", "c"], ["d"]]);
  feed.push(lines("e"));
  feed.flush();
  feed.flush();
  expect(sent[2]).toEqual(["e"]);
  expect(told).toEqual([[0, 2], [2, false, "no"]]);
});

test("inputs that wait are told of when it drains or is cancelled", () => {
  for (const end of ["drain", "cancel"] as const) {
    const { feed, told } = setUp();
    feed.push(lines("abcde"));
    feed[end]("over");
    expect(told).toEqual([[3, false, "over"], [4, false, "over"], [end, "over"]]);
  }
});

test("with a feed that makes batches, inputs that wait are sent once the batches have settled", () => {
  const sent: unknown[] = [];
  let executor: FeedSink;
  const feed = new WholeBatches({
    size: 3,
    isStuck: () => true,
    openFeed: (sink) =>
      new BatchFeed({
        size: 3,
        sink,
        openFeed(sink) {
          executor = sink;
          const push = ([batch]: unknown[]) => void sent.push((unpack(batch) as Lines).toArray().join(""));
          return { push, arrived: () => {} } as never;
        },
      }),
    sink: { succeeded: () => {}, settled: () => {} },
  });
  for (const text of ["ab", "cdefg"]) feed.push(lines(text));
  const batch = (results: string[]) => ({ ok: true, value: { results, failed: [] } });
  executor!.settled(1, { ...batch(["D", "E", "F"]), task: { attempt: 1, micros: 3, workerId: 1 } });
  expect(sent).toEqual(["abc", "def"]);
  executor!.settled(0, { ...batch(["A", "B", "C"]), task: { attempt: 2, micros: 3, workerId: 1 } });
  expect(sent).toEqual(["abc", "def", "g"]);
});
