import { expect, test } from "vitest";
import { DecimalSum } from "../../../../lib/executor/basics/decimal_sum.ts";

function sumOf(amounts: number[]): number {
  const sum = new DecimalSum();
  for (const amount of amounts) sum.add(amount);
  return sum.value;
}

test("a sum of decimals is what a person would write, whatever the order", () => {
  expect(sumOf([])).toBe(0);
  expect(sumOf([0.1, 0.2])).toBe(0.3);
  expect(sumOf(Array.from({ length: 5_000 }, () => 0.0031))).toBe(15.5);
  expect(sumOf([1e21, 1e-7, -1e21])).toBe(1e-7);
  expect(sumOf([1e-7, -1e21, 1e21])).toBe(1e-7);
  expect(sumOf([1.5e-7, 2, -1.5e-7])).toBe(2);
  expect(sumOf([-0.1, 0.1])).toBe(0);
});

test("whole numbers stay exact beyond what one number can hold", () => {
  const most = Number.MAX_SAFE_INTEGER;
  expect(sumOf([most, most, 1, -most, -most])).toBe(1);
  expect(sumOf([most, 0.5, 1, -most])).toBe(1.5);
});

test("numbers of any size add up, and a sum is never infinite", () => {
  expect(sumOf([Number.MAX_VALUE, Number.MIN_VALUE])).toBe(Number.MAX_VALUE);
  expect(sumOf([Number.MAX_VALUE, Number.MIN_VALUE, -Number.MAX_VALUE])).toBe(Number.MIN_VALUE);
  expect(sumOf([Number.MAX_VALUE, Number.MAX_VALUE])).toBe(Number.MAX_VALUE);
  expect(sumOf([-Number.MAX_VALUE, -Number.MAX_VALUE])).toBe(-Number.MAX_VALUE);
});
