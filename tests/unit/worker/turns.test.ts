import { expect, test } from "vitest";
import { BY_TIMER, IMMEDIATE, PER_VALUE, Turns } from "../../../lib/worker/turns.ts";

test("a turn is due at once where each value needs one, and after a while elsewhere", async () => {
  expect(new Turns(PER_VALUE).areDue()).toBe(true);
  const turns = new Turns({ every: 60_000, give: IMMEDIATE.give });
  expect(turns.areDue()).toBe(false);
  const soon = new Turns({ every: 0.000_1, give: IMMEDIATE.give });
  while (!soon.areDue());
  await soon.give();
  expect(turns.areDue()).toBe(false);
});

test.each([["setImmediate", IMMEDIATE], ["a timer", BY_TIMER]] as const)(
  "a turn by %s lets timers fire",
  async (_, turn) => {
    let fired = false;
    setTimeout(() => fired = true);
    const turns = new Turns(turn);
    for (let at = 0; at < 1_000 && !fired; at++) await turns.give();
    expect(fired).toBe(true);
  },
);
