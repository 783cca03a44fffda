/** A first-in, first-out list. */
import { expect, test } from "vitest";
import { Fifo } from "../../../../lib/executor/basics/fifo.ts";

test("a Fifo hands out what it was given, in order, through any mix of pushes and shifts", () => {
  const fifo = new Fifo<number>();
  let next = 0;
  let expected = 0;
  for (let round = 0; round < 200; round++) {
    for (let i = 0; i < 37; i++) fifo.push(next++);
    for (let i = 0; i < 30; i++) expect(fifo.shift()).toBe(expected++);
  }
  expect([...fifo][0]).toBe(expected);
  fifo.unshift(-1);
  expect(fifo.shift()).toBe(-1);
  fifo.filter((n) => n % 2 === 0);
  expect(fifo.peek()! % 2).toBe(0);
  fifo.clear();
  expect(fifo.size).toBe(0);
  expect(fifo.shift()).toBe(undefined);
  fifo.unshift(5);
  expect([...fifo]).toEqual([5]);
});
