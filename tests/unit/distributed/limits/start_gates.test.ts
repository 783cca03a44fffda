/** Gates that a `retryAfter` closes, with a clock that is told. */

import { expect, test } from "vitest";
import { StartGates } from "../../../../lib/distributed/limits/start_gates.ts";

test("the gate of a key holds up that key alone, and is told to a successor while it is closed", () => {
  const gates = new StartGates(true, () => 0);
  expect(gates.close(100, "a", 0)).toBe(true);
  expect(gates.close(50, "a", 0)).toBe(false);
  expect([gates.due(1), gates.letsStart("a", 1), gates.letsStart("b", 1)]).toEqual([Infinity, false, true]);
  expect(gates.state(1)).toEqual({ opens: 0, keys: [["a", 100]] });
  expect([gates.letsStart("a", 100), gates.state(100)]).toEqual([true, { opens: 0, keys: [] }]);
});

test("the gate of all spaces starts after a pause, until all slots are in use", () => {
  let succeeded = 0;
  const gates = new StartGates(true, () => succeeded);
  gates.someWait(0);
  succeeded = 10;
  expect(gates.close(100, undefined, 100)).toBe(true);
  expect([gates.due(150), gates.wait(150)]).toEqual([0, 50]);
  expect(gates.due(200)).toBe(1);
  gates.started(undefined, 200);
  // As many as had succeeded in 200 ms, evenly.
  expect([gates.due(201), gates.wait(201)]).toEqual([0, 19]);
  gates.full(201, true, () => false);
  expect(gates.due(201)).toBe(Infinity);
});
