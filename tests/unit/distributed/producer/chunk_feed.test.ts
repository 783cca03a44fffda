/** Inputs of one map over a broker, until each is settled. */

import { expect, test } from "vitest";
import { OpenChunks } from "../../../../lib/distributed/producer/open_chunks.ts";
import { Lines } from "../../../../lib/wire/lines.ts";
import { feedOf } from "../fakes.ts";

const chunks = new OpenChunks({ run: "r", token: "t" });

test("take() hands out neighbours, at most as many as are asked for", () => {
  const { feed } = feedOf("a", [1, 2, 3]);
  expect(feed.take(2)).toEqual({ first: 0, texts: ["1", "2"] });
  expect([feed.size, feed.left]).toEqual([1, 3]);
  expect(feed.take(9)).toEqual({ first: 2, texts: ["3"] });
  expect(feed.take(9)).toBeUndefined();
});

test("take() hands out no more than fit into a job chunk, and at least one", () => {
  const { feed } = feedOf("a", ["x".repeat(200_000), "y".repeat(200_000)]);
  expect(feed.take(2)?.texts.length).toBe(1);
  expect(feed.take(2)?.first).toBe(1);
});

test("an input that JSON cannot hold fails alone", () => {
  const { feed, told } = feedOf("a", [1, new Map(), 3]);
  expect(told).toEqual([[1, expect.objectContaining({ name: "TaskCloneError" })]]);
  expect([feed.take(9), feed.take(9)]).toEqual([{ first: 0, texts: ["1"] }, { first: 2, texts: ["3"] }]);
});

test("inputs that are put back come first", () => {
  const { feed } = feedOf("a", [1, 2, 3]);
  const taken = feed.take(2)!;
  feed.putBack(taken);
  expect(feed.take(1)).toEqual({ first: 0, texts: ["1"] });
  expect(feed.size).toBe(2);
});

test("lines are handed out as they are", () => {
  const { feed } = feedOf("a", []);
  feed.push(new Lines(new TextEncoder().encode("1\n{\n"), 2));
  expect((feed.take(2)!.texts as Lines).toArray()).toEqual(["1", "{"]);
});

test("drain() fails what waits at once, and what the host takes back; the rest still gets its results", async () => {
  for (const taken of [true, false]) {
    const { feed, told, withdrawn } = feedOf("a", [1, 2, 3], taken);
    const chunk = chunks.open(feed, feed.take(2)!);
    feed.drain("over");
    expect(told).toEqual([[2, "over"]]);
    await Promise.resolve();
    await Promise.resolve();
    expect(withdrawn).toEqual([chunk.id]);
    if (!taken) feed.succeeded(chunk, 0, { micros: 1, values: ["a", "b"], workerId: 1 });
    expect(told.slice(1)).toEqual(taken ? [[0, "over"], [1, "over"]] : [[0, "a"], [1, "b"]]);
    expect(feed.left).toBe(0);
    feed.push([4]);
    expect(told.at(-1)).toEqual([3, "over"]);
  }
});

test("cancel() settles every input once, those that run included", () => {
  const { feed, told } = feedOf("a", [1, 2, 3]);
  const chunk = chunks.open(feed, feed.take(2)!);
  feed.settled(chunk, 1, { ok: true, value: "b" });
  feed.cancel("over");
  expect(told).toEqual([[1, "b"], [2, "over"], [0, "over"]]);
  expect(feed.left).toBe(0);
});
