import { expect, test } from "vitest";
import { Curves } from "../../../../../lib/cli/report/recording/curves.ts";

const sum = (values: number[]) => values.reduce((sum, value) => sum + value, 0);

test("an attempt counts where it ends, and is in flight as long as it runs", () => {
  const curves = new Curves();
  curves.add({ start: 0.5, ms: 2, ok: true, position: 0 });
  curves.add({ start: 1, ms: 1.5, ok: false, position: 1 });
  expect(curves.data()).toEqual({
    step: 1,
    ok: [0, 0, 1],
    failed: [0, 0, 1],
    inFlight: [0.5, 2, 1],
    positions: [[0.5, 1, 0.5], [0, 1, 0.5]],
  });
});

test("an attempt that another followed is neither a success nor a failure", () => {
  const curves = new Curves();
  curves.add({ start: 0, ms: 1, ok: false, again: true, position: 0 });
  const { ok, failed, inFlight } = curves.data();
  expect([sum(ok), sum(failed), sum(inFlight)]).toEqual([0, 0, 1]);
});

test("steps become longer as a run does, and nothing is lost", () => {
  const curves = new Curves();
  for (let at = 0; at < 10_000; at += 10) curves.add({ start: at, ms: 5, ok: at % 20 === 0, position: 0 });
  const { step, ok, failed, inFlight } = curves.data();
  expect([step, sum(ok), sum(failed)]).toEqual([16, 500, 500]);
  // Each figure is rounded to a thousandth.
  expect(Math.abs(sum(inFlight) * step - 5_000)).toBeLessThan(5);
});

test("an attempt that began before the run counts from its start", () => {
  const curves = new Curves();
  curves.add({ start: -5, ms: 6, ok: true, position: 0 });
  expect(curves.data().inFlight).toEqual([1, 0]);
});
