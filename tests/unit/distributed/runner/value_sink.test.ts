/** Results as JSON texts, and the values that a sink is told of. */

import { expect, test } from "vitest";
import { valueSink } from "../../../../lib/distributed/runner/value_sink.ts";

test("a sink that throws is told of each outcome once", () => {
  const told: [string, number][] = [];
  const sink = valueSink({
    succeeded(index) {
      told.push(["succeeded", index]);
      throw new Error("the sink's own");
    },
    settled(index) {
      told.push(["settled", index]);
      throw new Error("the sink's own");
    },
  });
  expect(() => sink.succeeded(0, 1, ["1", "2"], 1)).toThrow("the sink's own");
  expect(() => sink.settled(2, { ok: true, value: "3" })).toThrow("the sink's own");
  expect(() => sink.settled(3, { ok: true, value: "no JSON" })).toThrow("the sink's own");
  expect(told).toEqual([["succeeded", 0], ["settled", 2], ["settled", 3]]);
});

test("inputs that a task has added arrive as values; texts that are none fail its input", () => {
  const told: unknown[] = [];
  const sink = valueSink({ succeeded: () => {}, settled: (_, { ok, task }) => told.push([ok, task?.added]) });
  const task = { attempt: 1, micros: 1, workerId: 1 };
  sink.settled(0, { ok: true, value: "1", task: { ...task, added: ["2", '{"a":"]"}'] } });
  sink.settled(1, { ok: false, value: "no", task: { ...task, added: ["3"] } });
  sink.settled(2, { ok: true, value: "1", task: { ...task, added: ["{"] } });
  sink.settled(3, { ok: true, value: "1", task });
  expect(told).toEqual([[true, [2, { a: "]" }]], [false, [3]], [false, undefined], [true, undefined]]);
});
