/** Neighbouring calls of run() as one feed. */
import { expect, test } from "vitest";
import { SEGMENT } from "../../../../lib/executor/tasks/segments.ts";
import { Series } from "../../../../lib/executor/calls/series.ts";

type Feed = ReturnType<ConstructorParameters<typeof Series>[1]>;

function scene() {
  const inputs: unknown[] = [];
  const feed = { add: (input: unknown) => void inputs.push(input) } as unknown as Feed;
  const series = new Series({ number: 0, id: 1, spec: { name: "double" } } as never, () => feed);
  const call = (input: unknown) => new Promise((resolve, reject) => series.add(input, resolve, reject));
  return { series, inputs, call };
}

test("each call settles with its own outcome, in whatever order the outcomes come", async () => {
  const { series, inputs, call } = scene();
  const count = 2 * SEGMENT + 10;
  const calls = Array.from({ length: count }, (_, n) => call(n));
  expect(inputs).toEqual(Array.from({ length: count }, (_, n) => n));
  const middle = SEGMENT + 5;
  series.succeeded(middle, 1, Array.from({ length: count - middle }, (_, at) => 2 * (middle + at)));
  series.settled(0, { ok: false, value: "why" });
  series.succeeded(1, 1, Array.from({ length: middle - 1 }, (_, at) => 2 * (at + 1)));
  const [first, ...others] = await Promise.allSettled(calls);
  expect(first).toEqual({ status: "rejected", reason: "why" });
  expect(others.map((outcome) => "value" in outcome && outcome.value))
    .toEqual(Array.from({ length: count - 1 }, (_, at) => 2 * (at + 1)));
});
