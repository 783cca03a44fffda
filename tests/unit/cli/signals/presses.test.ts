import { expect, test } from "vitest";
import { noPresses, press } from "../../../../lib/cli/signals/presses.ts";

/** The numbers of the presses that signals at these times are; undefined for one that belongs to the press before. */
function pressesAt(...times: number[]): (number | undefined)[] {
  const presses = noPresses();
  return times.map((ms) => press(presses, ms));
}

test("signals with a pause between them are presses", () => {
  expect(pressesAt(0, 1_000, 2_000)).toEqual([1, 2, 3]);
});

test("the same signal again within 300 ms belongs to the press before", () => {
  expect(pressesAt(0, 1, 299)).toEqual([1, undefined, undefined]);
  expect(pressesAt(0, 300)).toEqual([1, 2]);
});

test("signals that a program repeats at once are one press, however many there are", () => {
  expect(pressesAt(0, 1, 2, 3, 4, 5, 1_000, 1_001)).toEqual([1, ...Array(5).fill(undefined), 2, undefined]);
});

test("a key that is hit again and again is the third press, though some hits counted as one", () => {
  expect(pressesAt(0, 150, 310)).toEqual([1, undefined, 3]);
});
