import { expect, test } from "vitest";
import { HeldQueue } from "../../../../lib/distributed/producer/held_queue.ts";
import { brokerOf } from "../fakes.ts";

type Fields = [
  paused: string | null,
  concurrency: string | null,
  max: string | null,
  duration: string | null,
];

const FREE: Fields = [null, null, null, null];

/** Looks at a queue with these fields, one look after the other, and returns what was told. */
async function lookAt(...all: Fields[]): Promise<string[]> {
  const told: string[] = [];
  const looks = all.values();
  const { broker } = brokerOf({ hmget: () => looks.next().value });
  const queue = { name: "chunks-1", toKey: (name: string) => name } as never;
  const held = new HeldQueue({ broker, queue, notice: (line) => void told.push(line) });
  for (let look = 0; look < all.length; look++) await held.look();
  return told;
}

test("a queue that nobody holds is not told of", async () => {
  expect(await lookAt(FREE, FREE)).toEqual([]);
});

test.each<[string, Fields, string]>([
  ["paused", ["1", "5", "9", "1000"], "is paused: nothing starts until it is resumed"],
  ["limited at once", [null, "5", "9", "1000"], "allows 5 job chunks in flight on all workers together"],
  ["limited in time", [null, null, "9", "1000"], "starts at most 9 job chunks in 1000 ms"],
  [
    "limited by something else than a number",
    [null, "\x1b[31m", null, null],
    "allows 0 job chunks in flight",
  ],
])("a queue that is %s is told of once", async (_, fields, words) => {
  const told = await lookAt(fields, fields);
  expect(told.length).toBe(1);
  expect(told[0]).toContain(`BullMQ's queue chunks-1 ${words}`);
});

test("a change is told of, and the end of it", async () => {
  const told = await lookAt(["1", null, null, null], [null, "2", null, null], FREE);
  expect(told.length).toBe(3);
  expect(told[2]).toBe("BullMQ's queue chunks-1 is no longer paused or limited");
});
