/** Results that are taken in: each input settles once, and what is no result settles none. */

import { expect, test } from "vitest";
import { Intake } from "../../../../lib/distributed/producer/result_intake.ts";
import { OpenChunks } from "../../../../lib/distributed/producer/open_chunks.ts";
import { Pools } from "../../../../lib/distributed/producer/pools.ts";
import { feedOf, resultsOf } from "../fakes.ts";

function start(inputs: number) {
  const recorded: [inputs: number, ms: number][] = [];
  const sizer = { record: (inputs: number, ms: number) => void recorded.push([inputs, ms]) };
  const intake = new Intake({ sizerOf: () => sizer as never });
  const { feed, told, facts } = feedOf("a", []);
  const texts = Array.from({ length: inputs }, (_, n) => `${n}`);
  const chunk = new OpenChunks({ run: "r", token: "t", pools: new Pools() }).open(feed, { first: 5, texts });
  return { intake, chunk, told, facts, recorded };
}

const error = { kind: "error", class: "RangeError", name: "RangeError", message: "no" };

test("results settle their inputs, by the index in the feed", () => {
  const { intake, chunk, told, recorded } = start(3);
  const text = resultsOf([[0, "x"], [2, "z"]], [[1, 2, 3_000, error, 4]]);
  expect(intake.take(chunk, text)).toEqual({ inputs: 3 });
  expect(told).toEqual([[5, '"x"'], [7, '"z"'], [6, expect.any(RangeError)]]);
  expect(intake.counts).toEqual({ succeeded: 2, failed: 1, retries: 1, duplicates: 0 });
  expect(intake.workers).toEqual([{ workerId: 1, machine: "w" }, { workerId: 2, machine: "w" }]);
  expect(recorded).toEqual([[3, 5]]);
});

test("a result that comes a second time is counted and dropped", () => {
  const { intake, chunk, told } = start(2);
  intake.take(chunk, resultsOf([[0, 1]]));
  intake.take(chunk, resultsOf([[0, 2], [1, 3]], [[0, 1, 0, error, 1]]));
  expect(told).toEqual([[5, "1"], [6, "3"]]);
  expect(intake.counts).toEqual({ succeeded: 2, failed: 0, retries: 0, duplicates: 2 });
});

test("what an input has counted comes with its outcome and counts once, and all attempts have spent it", () => {
  const { intake, chunk, facts } = start(3);
  const sums = { counts: [[0, { usd: 0.1 }], [1, { usd: 0.2, calls: 1 }]], spent: { usd: 0.7, calls: 2 } };
  const results = JSON.parse(resultsOf([[0, "x"], [2, "z"]], [[1, 2, 3_000, error, 4]]));
  const text = JSON.stringify({ ...results, ...sums });
  intake.take(chunk, text);
  expect(facts.map((task) => task?.counts)).toEqual([{ usd: 0.1 }, { usd: 0.2, calls: 1 }]);
  expect(intake.sums).toEqual({ counts: { calls: 1, usd: 0.3 }, spent: { calls: 2, usd: 0.7 } });
  intake.take(chunk, text);
  expect(intake.sums).toEqual({ counts: { calls: 1, usd: 0.3 }, spent: { calls: 4, usd: 1.4 } });
});

test("what is no result settles nothing and is named", () => {
  const { intake, chunk, told } = start(1);
  expect(intake.take(chunk, "nonsense")).toEqual({ fault: "no JSON" });
  expect(intake.take(chunk, resultsOf([[1, "x"]]))).toEqual({ fault: "there are more results than inputs" });
  expect(told).toEqual([]);
  expect(intake.counts.succeeded).toBe(0);
});

test("what a body reports is passed on before its outcome, and not after it", () => {
  const { intake, chunk, told } = start(1);
  const reported: unknown[] = [];
  chunk.feed.spec.onProgress = (value) => reported.push([value, told.length]);
  const withProgress = (text: string, progress: string[]) =>
    JSON.stringify({ ...JSON.parse(text), progress });
  intake.take(chunk, withProgress(resultsOf([]), ["1", '{"n":2}']));
  intake.take(chunk, withProgress(resultsOf([[0, "x"]]), ["3"]));
  intake.take(chunk, withProgress(resultsOf([]), ["4"]));
  expect(reported).toEqual([[1, 0], [{ n: 2 }, 0], [3, 0]]);
  expect(told).toEqual([[5, '"x"']]);
  expect(intake.take(chunk, withProgress(resultsOf([]), ["{"]))).toEqual({
    fault: "an input has reported a value that is no JSON",
  });
});

test("values of a stream are taken once each, in their order, and an end without all of them is a fault", () => {
  const taken: unknown[] = [];
  const stream = { room: 64, take: (value: unknown) => void taken.push(value) };
  const { feed, told } = feedOf("a", [], true, { stream });
  const intake = new Intake({ sizerOf: () => ({ record() {} }) as never });
  const chunk = new OpenChunks({ run: "r", token: "t", pools: new Pools() }).open(feed, {
    first: 0,
    texts: ["1"],
  });
  const values = (first: number, ...values: string[]) =>
    intake.takeValues(chunk, JSON.stringify({ v: 1, server: "w", first, values }));
  expect(values(0, "1", "2")).toBeUndefined();
  expect(values(1, "2", "[3]")).toBeUndefined();
  expect(values(0, "1")).toBeUndefined();
  expect(values(4, "5")).toBe("values before them are missing");
  expect(values(3, "{")).toBe("a value is no JSON");
  expect(
    intake.takeValues(chunk, JSON.stringify({ v: 1, server: "x", first: 0, values: ["1", "2", "3", "4"] })),
  )
    .toBe("they are of another body");
  expect([taken, chunk.yielded, chunk.server]).toEqual([[1, 2, [3]], 3, "w"]);
  const end = (yielded: number) => JSON.stringify({ ...JSON.parse(resultsOf([[0, null]])), yielded });
  expect(intake.take(chunk, end(4))).toEqual({ fault: "values of the stream are missing" });
  expect(intake.take(chunk, end(3))).toEqual({ inputs: 1 });
  expect(told).toEqual([[0, "null"]]);
});

test("added inputs, and when and where a body began, come with its outcome", () => {
  const { intake, chunk, facts } = start(2);
  chunk.feed.spec.adds = true;
  const told = { added: [[0, ["7", "8"]]], began: [[0, 5, 1], [1, 6, 2]] };
  intake.take(
    chunk,
    JSON.stringify({ ...JSON.parse(resultsOf([[0, "x"]], [[1, 2, 3_000, error, 4]])), ...told }),
  );
  expect(facts).toMatchObject([
    { added: ["7", "8"], began: { at: 5, position: 1 } },
    { began: { at: 6, position: 2 } },
  ]);
  // Those of a duplicate are dropped.
  intake.take(chunk, JSON.stringify({ ...JSON.parse(resultsOf([[0, "x"]])), added: [[0, ["9"]]] }));
  expect(facts).toHaveLength(2);
});
