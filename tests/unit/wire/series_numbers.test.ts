/** The numbers of a series, whose list names only those that differ from most. */
import { expect, test } from "vitest";
import {
  areNumbers,
  eachNumber,
  listOf,
  numberAt,
  numbersIn,
  numbersOf,
} from "../../../lib/wire/series_numbers.ts";

const LISTS = [[5], [5, 5, 5], [5, 7, 5], [7, 5, 5, 5, 0], [1, 2, 3, 4], [0, 0, 9, 9]];

test("a list of numbers is the same when it is read place by place, whole, in part, or each with its count", () => {
  for (const list of LISTS) {
    const numbers = numbersOf(list);
    const count = list.length;
    expect(listOf(numbers, count)).toEqual(list);
    expect(list.map((_, place) => numberAt(numbers, place))).toEqual(list);
    if (typeof numbers !== "number") expect(areNumbers(numbers, count, Number.isInteger)).toBe(true);
    for (let from = 0; from < count; from++) {
      for (let end = from + 1; end <= count; end++) {
        const part = numbersIn(numbers, from, end);
        expect(listOf(part, end - from)).toEqual(list.slice(from, end));
        const read: number[] = [];
        eachNumber(part, end - from, (number, times) => read.push(...Array(times).fill(number)));
        expect(read.toSorted()).toEqual(list.slice(from, end).toSorted());
      }
    }
  }
});

test("a list with another form is refused", () => {
  const isRight = (number: unknown) => typeof number === "number";
  expect(areNumbers([5, 0, 7, 2, 7], 3, isRight)).toBe(true);
  for (
    const list of [[], [5, 0], ["5"], [5, 0, "7"], [5, 3, 7], [5, -1, 7], [5, 1, 7, 1, 7], [5, 2, 7, 1, 7], [
      5,
      0.5,
      7,
    ]]
  ) {
    expect(areNumbers(list, 3, isRight)).toBe(false);
  }
});
