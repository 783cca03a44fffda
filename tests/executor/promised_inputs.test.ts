/** Promises among the inputs of map(). */
import { describe, expect, test } from "vitest";
import { Executor } from "../../mod.ts";

const two = (n: number) => n * 2;

/** An iterable of each kind over the same inputs. */
const KINDS: [string, <T>(inputs: T[]) => Iterable<T> | AsyncIterable<T>][] = [
  ["an array", (inputs) => inputs],
  ["a generator", function* (inputs) {
    yield* inputs;
  }],
  ["an async iterator that hands on what it has", (inputs) => {
    let at = 0;
    const next = () =>
      Promise.resolve(
        at < inputs.length
          ? { done: false as const, value: inputs[at++] }
          : { done: true as const, value: undefined },
      );
    return { [Symbol.asyncIterator]: () => ({ next }) };
  }],
  ["a ReadableStream", (inputs) => ReadableStream.from(inputs) as never],
];

describe.each(KINDS)("inputs in %s", (_, inputsOf) => {
  test("are awaited where they are promises or thenables", async () => {
    await using executor = new Executor(null, { workers: 1 });
    const thenable = { then: (resolve: (n: number) => void) => resolve(4) } as PromiseLike<number>;
    // As some query builders are.
    const callable = Object.assign(() => 0, thenable) as unknown as PromiseLike<number>;
    const later = new Promise<number>((resolve) => setTimeout(resolve, 5, 3));
    const inputs = () =>
      inputsOf<number | PromiseLike<number>>([Promise.resolve(1), 2, later, thenable, 5, callable]);
    expect(await executor.map(two, inputs()).toArray()).toEqual([2, 4, 6, 8, 10, 8]);
    expect(await Array.fromAsync(executor.map(two, inputs(), { window: 1 }))).toEqual([2, 4, 6, 8, 10, 8]);
    const settled = await executor.map(two, inputs(), { settled: true }).toArray();
    expect(settled.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("end the map where a promise rejects, after the results before it", async () => {
    await using executor = new Executor(null, { workers: 1 });
    const rejected = Promise.reject(new Error("no such page"));
    rejected.catch(() => {});
    const seen: number[] = [];
    const read = async () => {
      for await (const n of executor.map(two, inputsOf([1, 2, rejected, 4]))) seen.push(n);
    };
    await expect(read()).rejects.toThrow("no such page");
    expect(seen).toEqual([2, 4]);
    await expect(executor.map(two, inputsOf([1, rejected, 4]), { settled: true }).toArray()).rejects.toThrow(
      "no such page",
    );
  });
});

test("a promise among the inputs is awaited before the next input is pulled, and a rejected one closes the source", async () => {
  await using executor = new Executor(null, { workers: 1 });
  const events: string[] = [];
  function* source() {
    try {
      events.push("first pulled");
      yield new Promise<number>((resolve) => setTimeout(() => (events.push("first settled"), resolve(1)), 5));
      events.push("second pulled");
      yield Promise.reject<number>(new Error("second"));
      events.push("third pulled");
    } finally {
      events.push("closed");
    }
  }
  await expect(executor.map(two, source()).toArray()).rejects.toThrow("second");
  expect(events).toEqual(["first pulled", "first settled", "second pulled", "closed"]);
});

test("a map that is left while it awaits a promise among its inputs ends at once", async () => {
  await using executor = new Executor(null, { workers: 1 });
  const results = executor.map(two, [1, new Promise<number>(() => {}), 3]);
  for await (const n of results) {
    expect(n).toBe(2);
    break;
  }
  const controller = new AbortController();
  const all = executor.map(two, [new Promise<number>(() => {})], { signal: controller.signal }).toArray();
  controller.abort(new Error("enough"));
  await expect(all).rejects.toThrow("enough");
});

test("a promise as the input of run() or executeTasks() fails that task alone", async () => {
  await using executor = new Executor(null, { workers: 1 });
  // deno-lint-ignore no-explicit-any -- the types refuse it, which is the point.
  const promise = Promise.resolve(1) as any;
  await expect(executor.run(two, promise)).rejects.toMatchObject({ name: "TaskCloneError" });
  // deno-lint-ignore no-explicit-any -- the types know names of exports alone.
  const tasks = [{ task: two, input: promise }, { task: two, input: 2 }] as any;
  expect(await executor.executeTasks(tasks)).toMatchObject([
    { status: "rejected", reason: { name: "TaskCloneError" } },
    { status: "fulfilled", value: 4 },
  ]);
});
