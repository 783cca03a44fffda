/** The inputs of a map: arrays, sync and async iterables, promises among them, and what breaks the protocol of iterators. */
import { expect, test } from "vitest";
import { MapInput } from "../../../../lib/executor/calls/map_input.ts";

/** All inputs, one by one. */
async function drained(input: MapInput): Promise<unknown[]> {
  const values: unknown[] = [];
  for (;;) {
    const { done, value } = await input.next();
    if (done) return values;
    values.push(value);
  }
}

test.each<[string, () => unknown]>([
  ["an array", () => [1, 2, 3]],
  ["a set", () => new Set([1, 2, 3])],
  ["a generator", () => [1, 2, 3].values()],
  ["an async generator", async function* () {
    yield* [1, 2, 3];
  }],
  ["promises in an array", () => [1, Promise.resolve(2), 3]],
  ["promises of a generator", () => [Promise.resolve(1), 2, Promise.resolve(3)].values()],
])("%s gives its inputs in order", async (_, inputs) => {
  expect(await drained(new MapInput(inputs()))).toEqual([1, 2, 3]);
});

test("an array gives many at once, up to the first promise, and holes as undefined", async () => {
  const input = new MapInput([1, , 3, Promise.resolve(4), 5]);
  const list: unknown[] = [];
  input.take(2, list);
  input.take(10, list);
  expect(list).toEqual([1, undefined, 3]);
  expect(Object.keys(list)).toHaveLength(3);
  expect(await input.next()).toEqual({ done: false, value: 4 });
  input.take(10, list);
  expect(list.at(-1)).toBe(5);
  expect(await input.next()).toEqual({ done: true, value: undefined });
});

test("an array that has an iterator of its own is read by that", async () => {
  const inputs = Object.assign([1, 2], { [Symbol.iterator]: () => ["own"].values() });
  expect(await drained(new MapInput(inputs))).toEqual(["own"]);
});

test("a promise that rejects ends the iteration, and closes the iterator", async () => {
  let closed = false;
  function* inputs() {
    try {
      yield Promise.reject(new Error("no input"));
      yield 2;
    } finally {
      closed = true;
    }
  }
  await expect(drained(new MapInput(inputs()))).rejects.toThrow("no input");
  expect(closed).toBe(true);
});

test("what is no iterable, and an iterator that returns no step, are named", async () => {
  expect(() => new MapInput(5)).toThrow("must be an iterable or an async iterable, got 5");
  expect(() => new MapInput({ [Symbol.iterator]: () => ({}) })).toThrow("needs an iterable");
  const broken = { [Symbol.iterator]: () => ({ next: () => 7 }) };
  await expect(drained(new MapInput(broken))).rejects.toThrow("must return an object from next(), got 7");
});

test("close() is not stopped by an iterator whose return() throws or rejects", async () => {
  for (const end of [() => expect.unreachable(), () => Promise.reject(new Error("no end"))]) {
    const inputs = { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }), return: end }) };
    new MapInput(inputs).close();
  }
  await undefined;
});
