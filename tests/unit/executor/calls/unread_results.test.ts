/** The results of a map that were not read yet. */
import { expect, test } from "vitest";
import { Failed, UnreadResults } from "../../../../lib/executor/calls/unread_results.ts";

/** All results that can be read now, one by one. */
function readAll(results: UnreadResults): unknown[] {
  const all: unknown[] = [];
  while (results.isReady) all.push(results.shift());
  return all;
}

test("results come in the order of the inputs, however many wait", () => {
  const results = new UnreadResults(true);
  for (let index = 499; index > 0; index--) {
    if (index === 7) results.skip(index);
    else results.add(index, [index]);
  }
  expect(results.isReady).toBe(false);
  results.add(0, [0]);
  results.add(500, [new Failed("why"), 501]);
  const read: unknown[] = [];
  expect(results.drainInto(read, 0)).toBe(499);
  expect(read).toEqual(Array.from({ length: 500 }, (_, n) => n).filter((n) => n !== 7));
  expect(results.drainInto(read, read.length)).toBe(0);
  expect(readAll(results)).toEqual([new Failed("why"), 501]);
});

test("unordered results come as they are added", () => {
  const results = new UnreadResults(false);
  results.add(5, ["f", "g"]);
  results.skip(1);
  results.add(0, ["a"]);
  expect(readAll(results)).toEqual(["f", "g", "a"]);
});

test("an array of results may be read in part, and drained from there", () => {
  const results = new UnreadResults(true);
  results.add(2, ["c"]);
  results.add(0, ["a", "b"]);
  expect(results.peek()).toBe("a");
  expect(results.shift()).toBe("a");
  const read: unknown[] = ["before"];
  expect(results.drainInto(read, 1)).toBe(2);
  expect(read).toEqual(["before", "b", "c"]);
  expect(results.isReady).toBe(false);
});

test("a result that was read is not kept by its neighbours", () => {
  const results = new UnreadResults(true);
  const array: unknown[] = [{ large: true }, 1, "text"];
  results.add(0, array);
  results.shift();
  results.shift();
  expect(array).toEqual([undefined, 1, "text"]);
});
