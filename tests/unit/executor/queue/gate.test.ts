/** The gate of `retryAfter`, on a clock of the test's own. */
import { expect, test } from "vitest";
import { Gate } from "../../../../lib/executor/queue/gate.ts";

/** Starts what is due in each millisecond from `from` to `to`. Returns when. */
function starts(gate: Gate, from: number, to: number): number[] {
  const at: number[] = [];
  for (let now = from; now < to; now++) {
    const due = Math.min(100, gate.due(now));
    gate.started(due, now);
    for (let n = 0; n < due; n++) at.push(now);
  }
  return at;
}

test("nothing starts before the latest time that it was closed until", () => {
  const gate = new Gate();
  expect(gate.due(0)).toBe(Infinity);
  expect(gate.close(1_000, 0, { since: 0, done: 10 })).toBe(true);
  expect(gate.close(3_000, 10, { since: 0, done: 10 })).toBe(true);
  expect(gate.close(2_000, 20, { since: 0, done: 10 })).toBe(false);
  expect(starts(gate, 20, 3_000)).toEqual([]);
  expect(gate.wait(2_999)).toBe(1);
  expect(gate.due(3_000)).toBe(1);
});

test("a time that has passed does not close it", () => {
  const gate = new Gate();
  expect(gate.close(5, 5, { since: 0, done: 1 })).toBe(false);
  expect(gate.isInForce).toBe(false);
});

test("starts resume at the pace of before, the pause included, one by one", () => {
  const gate = new Gate();
  // Twenty in a tenth of a second, and then a pause: the server takes twenty in two seconds.
  gate.close(2_000, 100, { since: 0, done: 20 });
  const at = starts(gate, 100, 3_900);
  expect(at).toEqual(Array.from({ length: 19 }, (_, n) => 2_000 + 100 * n));
});

test("the pace doubles after as many starts as there were before, until starts are not spaced", () => {
  const gate = new Gate();
  gate.close(800, 0, { since: 0, done: 8 });
  const at = starts(gate, 800, 2_400);
  expect(at.filter((time) => time < 1_600)).toHaveLength(8);
  expect(at.filter((time) => time >= 1_600 && time < 2_000)).toHaveLength(8);
  expect(at.filter((time) => time >= 2_000 && time < 2_200)).toHaveLength(8);
  expect(gate.isInForce).toBe(false);
});

test("late starts make up for a little only, and not in a burst", () => {
  const gate = new Gate();
  gate.close(1_000, 0, { since: 0, done: 100 });
  expect(starts(gate, 5_000, 5_001).length).toBeLessThanOrEqual(3);
});

test("where a rate finds its amount, starts are not spaced", () => {
  const gate = new Gate(false);
  gate.close(1_000, 0, { since: 0, done: 4 });
  expect([gate.due(999), gate.due(1_000)]).toEqual([0, Infinity]);
  expect(gate.isInForce).toBe(false);
});

test("the pace ends when all slots are in use, but a closed gate stays closed", () => {
  const gate = new Gate();
  gate.close(1_000, 0, { since: 0, done: 4 });
  gate.full(500);
  expect(gate.due(999)).toBe(0);
  gate.started(1, 1_000);
  gate.full(1_000);
  expect(gate.due(1_000)).toBe(Infinity);
});
