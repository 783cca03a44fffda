/** The positions of a pool: who stands in each, who follows, and who has left. */
import { expect, test } from "vitest";
import { positionOf, Positions } from "../../../../lib/executor/pool/positions.ts";

type Handle = NonNullable<ReturnType<Positions["at"]>>;

function worker(position: number, inFlight = 0, isRecycled = false): Handle {
  return { position, inFlight, isRecycled } as Handle;
}

test("a worker that leaves hands its position to its successor, and is known until it is gone", () => {
  const positions = new Positions(2);
  const [first, other, successor] = [worker(0, 3), worker(1, 1), worker(0, 2)];
  for (const handle of [first, other]) positions.occupy(handle);
  positions.addSuccessor(successor);
  expect(positions.workers).toEqual([first, other]);
  expect(positions.all).toEqual([first, other, successor]);
  positions.leave(first);
  expect(positions.at(0)).toBe(successor);
  expect(positions.successors).toEqual([]);
  expect(positions.all).toEqual([successor, other, first]);
  expect(positions.inFlight).toBe(6);
  positions.remove(first);
  expect(positions.all).toEqual([successor, other]);
});

test("a successor that is gone leaves the worker where it is", () => {
  const positions = new Positions(1);
  const [first, successor] = [worker(0), worker(0)];
  positions.occupy(first);
  positions.addSuccessor(successor);
  positions.remove(successor);
  expect(positions.at(0)).toBe(first);
  expect(positions.successorOf(0)).toBe(undefined);
});

test("only tasks of recycled workers of a position count as unfinished", () => {
  const positions = new Positions(2);
  for (const handle of [worker(0, 2, true), worker(0, 4), worker(1, 8, true), worker(0, 1, true)]) {
    positions.leave(handle);
  }
  expect([0, 1].map((position) => positions.unfinished(position))).toEqual([3, 8]);
});

test("keys spread over the slots, and each has one", () => {
  const slots = Array.from({ length: 1_000 }, (_, i) => positionOf(`key ${i}`, 7));
  expect(new Set(slots).size).toBe(7);
  expect(positionOf("key 5", 7)).toBe(slots[5]);
  expect(positionOf(5, 7)).toBe(positionOf("5", 7));
});
