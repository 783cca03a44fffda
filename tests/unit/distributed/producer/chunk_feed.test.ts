/** Inputs of one map over a broker, until each is settled. */

import { afterEach, expect, test, vi } from "vitest";
import { NO_RETRY } from "../../../../lib/executor/options/retry_options.ts";
import { OpenChunks } from "../../../../lib/distributed/producer/open_chunks.ts";
import { Pools } from "../../../../lib/distributed/producer/pools.ts";
import { Lines } from "../../../../lib/wire/lines.ts";
import { feedOf } from "../fakes.ts";

afterEach(() => void vi.useRealTimers());

const chunks = new OpenChunks({ run: "r", token: "t", pools: new Pools() });

test("take() hands out neighbours, at most as many as are asked for", () => {
  const { feed } = feedOf("a", [1, 2, 3]);
  expect(feed.take(2)).toMatchObject({ first: 0, texts: ["1", "2"] });
  expect([feed.size, feed.left]).toEqual([1, 3]);
  expect(feed.take(9)).toMatchObject({ first: 2, texts: ["3"] });
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
  expect([feed.take(9), feed.take(9)]).toMatchObject([{ first: 0, texts: ["1"] }, {
    first: 2,
    texts: ["3"],
  }]);
});

test("inputs that are put back come first", () => {
  const { feed } = feedOf("a", [1, 2, 3]);
  const taken = feed.take(2)!;
  feed.putBack(taken);
  expect(feed.take(1)).toMatchObject({ first: 0, texts: ["1"] });
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

test("inputs that wait too long fail, those that a worker may have begun only if they can be taken back", async () => {
  vi.useFakeTimers();
  for (const taken of [true, false]) {
    const { feed, told, withdrawn } = feedOf("a", [1, 2, 3], taken, { options: { queueTimeout: 100 } });
    const chunk = chunks.open(feed, feed.take(1)!);
    await vi.advanceTimersByTimeAsync(60);
    feed.push([4]);
    await vi.advanceTimersByTimeAsync(50);
    const late = { name: "TaskTimeoutError", phase: "queue", timeout: 100 };
    const expected = [1, 2, ...taken ? [0] : []].map((index) => [index, late]);
    expect(told).toMatchObject(expected);
    expect([feed.size, withdrawn]).toEqual([1, [chunk.id]]);
    // An input that is put back waits anew.
    feed.putBack(feed.take(1)!);
    await vi.advanceTimersByTimeAsync(40);
    expect(told.length).toBe(expected.length);
    await vi.advanceTimersByTimeAsync(100);
    expect(told.length).toBe(expected.length + 1);
    chunks.close(chunk);
    feed.cancel("over");
  }
});

test("with retry.when, an input waits for its next attempt here, and a drained feed lets none follow", async () => {
  vi.useFakeTimers();
  const when = (error: unknown) => error !== "final";
  const retry = { ...NO_RETRY, attempts: 3, minDelay: 50, jitter: 0, when };
  const { feed, told } = feedOf("a", [1, 2, 3], false, { retry });
  const task = { attempt: 1, micros: 1, workerId: 1 };
  const chunk = chunks.open(feed, feed.take(3)!);
  expect(feed.tryAgain(chunk, 1, task, "again")).toBeUndefined();
  expect(feed.tryAgain(chunk, 2, task, "final")).toEqual({ error: "final" });
  expect([chunk.left, feed.left, feed.size]).toEqual([2, 3, 0]);
  await vi.advanceTimersByTimeAsync(50);
  const taken = feed.take(9)!;
  expect(taken).toMatchObject({ first: 1, texts: ["2"], attempt: 2 });
  const second = chunks.open(feed, taken);
  expect(second.attempt).toBe(2);
  // As often as `attempts` says, and no more once the feed is drained.
  expect(feed.tryAgain(second, 0, { ...task, attempt: 3 }, "again")).toEqual({ error: "again" });
  expect(feed.tryAgain(second, 0, { ...task, attempt: 2 }, "again")).toBeUndefined();
  feed.drain("drained");
  expect(told).toEqual([[1, "drained"]]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([feed.size, feed.left]).toEqual([0, 2]);
});

test("with batches, take() hands out whole ones, as long as one fits", () => {
  const sizes = (lengths: number[], most: number) => {
    const { feed } = feedOf("a", lengths.map((length) => "x".repeat(length)), true, { batch: 2 });
    return Array.from({ length: 3 }, () => feed.take(most)?.texts.length);
  };
  const long = 200_000;
  expect(sizes([1, 1, long, 1, 1, 1], 6)).toEqual([6, undefined, undefined]);
  // Two long ones are too long for a job chunk, unless they are a batch by themselves.
  expect(sizes([1, 1, long, long, 1, 1], 6)).toEqual([2, 2, 2]);
  expect(sizes([1, long, long, 1, 1], 6)).toEqual([2, 3, undefined]);
  expect(sizes([9_000_000, 9_000_000, 1], 2)).toEqual([1, 2, undefined]);
});

test("what bodies print is passed on with the inputs that they have; a message that is none is left out", () => {
  const { feed, told } = feedOf("a", [1, 2, 3]);
  const chunk = chunks.open(feed, feed.take(3)!);
  const message = (...pieces: unknown[]) => JSON.stringify({ v: 1, pieces });
  feed.printed(
    chunk,
    message([0, 2, 7, "stdout", "a\n"], [2, 2, 7, "stdout", "of an input that is not there"]),
  );
  feed.printed(chunk, message([1, 1, 7, "stdin", "b"]));
  feed.printed(chunk, "nonsense");
  expect(told).toEqual([[0, { workerId: 7, stream: "stdout", text: "a\n", count: 2 }]]);
});
