import { describe, expect, test } from "vitest";
import {
  type AnyIterator,
  collect,
  type GeneratorRun,
  isGenerator,
  StreamPump,
} from "../../../lib/worker/generator.ts";

/** Runs a generator without turns of the loop, except where a test counts them. */
function runOf(give = () => Promise.resolve(), every = Infinity): GeneratorRun {
  return { next: (generator: AnyIterator) => generator.next(), turn: { every, give } };
}

/** A generator of 1, 2, 3, …, which notes when it is closed. */
function counting(most = Infinity) {
  const state = { closed: false, made: 0 };
  function* count() {
    try {
      while (state.made < most) yield ++state.made;
    } finally {
      state.closed = true;
    }
  }
  return { generator: count(), state };
}

const settle = () => new Promise<void>((resolve) => setTimeout(resolve));

test("generator objects are generators; other iterables and results are not", () => {
  async function* asynchronous() {}
  expect([counting().generator, asynchronous()].map(isGenerator)).toEqual([true, true]);
  expect([[1], new Set(), "text", { next: 1 }, { next() {} }, null, undefined].map(isGenerator))
    .toEqual([false, false, false, false, false, false, false]);
});

describe("collect()", () => {
  test("reads an async iterable that is no generator", async () => {
    const pages = { [Symbol.asyncIterator]: () => counting(2).generator };
    expect(await collect(pages as unknown as AsyncIterable<number>, runOf(), () => false)).toEqual([1, 2]);
    const broken = { [Symbol.asyncIterator]: () => ({}) } as unknown as AsyncIterable<number>;
    await expect(collect(broken, runOf(), () => false)).rejects.toThrow("must return an iterator");
  });

  test("has everything that is yielded", async () => {
    expect(await collect(counting(3).generator, runOf(), () => false)).toEqual([1, 2, 3]);
  });

  test("closes the generator once the task is aborted", async () => {
    const { generator, state } = counting();
    expect(await collect(generator, runOf(), () => state.made === 2)).toEqual([1, 2]);
    expect(state.closed).toBe(true);
  });

  test("fails if an iterator returns no object, as it would never be done", async () => {
    const bad = { next: () => 5 } as unknown as AnyIterator;
    await expect(collect(bad, runOf(), () => false)).rejects.toThrow(
      "must return an object from next(), got 5",
    );
  });

  test("lets the loop turn while a generator never waits", async () => {
    let turns = 0;
    const give = () => {
      turns++;
      return Promise.resolve();
    };
    await collect(counting(5).generator, runOf(give, -1), () => false);
    expect(turns).toBe(5);
  });
});

describe("a stream", () => {
  function stream(source: unknown, credit: number) {
    const sent: unknown[] = [];
    const pump = new StreamPump(credit, (value) => sent.push(value), runOf());
    return { pump, sent, ended: pump.run(source) };
  }

  test("sends no more than the reader has asked for", async () => {
    const { generator, state } = counting();
    const { pump, sent, ended } = stream(generator, 2);
    await settle();
    expect([sent, state.made]).toEqual([[1, 2], 2]);
    pump.room.grant(1);
    await settle();
    expect(sent).toEqual([1, 2, 3]);
    pump.room.stop();
    await ended;
    expect(state.closed).toBe(true);
  });

  test("ends with its source, which may be any iterable", async () => {
    const { sent, ended } = stream(new Set(["a", "b"]), 9);
    await ended;
    expect(sent).toEqual(["a", "b"]);
  });

  test("that fails closes its source, and throws the first error", async () => {
    const { generator, state } = counting();
    const { pump, ended } = stream(generator, 1);
    pump.room.fail(new Error("first"));
    pump.room.fail(new Error("second"));
    await expect(ended).rejects.toThrow("first");
    expect(state.closed).toBe(true);
  });

  test("of something else is an error that says what to do", async () => {
    await expect(stream(42, 1).ended).rejects.toThrow("use run() for this one");
  });
});
