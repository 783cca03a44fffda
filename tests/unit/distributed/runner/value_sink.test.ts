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
