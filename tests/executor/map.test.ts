/** Conformance: map(), its window, its order, and what it does when something ends early. */
import { expect, test } from "vitest";
import { ExecutorClosedError } from "../../mod.ts";
import { conformance } from "./backends.ts";

/** Numbers from 0, and how many were pulled, and whether it was closed. */
function endless(value?: number) {
  const source = {
    pulled: 0,
    closed: false,
    *[Symbol.iterator]() {
      try {
        for (;;) yield value ?? source.pulled, source.pulled++;
      } finally {
        source.closed = true;
      }
    },
  };
  return source;
}

async function* later<T>(values: Iterable<T>): AsyncGenerator<T> {
  for (const value of values) yield await value;
}

conformance("map()", (start) => {
  test("yields results in the order of the inputs, from sync and async iterables", async () => {
    await using executor = start();
    const delays = [30, 1, 20, 2, 10];
    expect(await executor.map("sleep", delays).toArray()).toEqual(delays);
    expect(await executor.map("sleep", later(delays)).toArray()).toEqual(delays);
    expect(await executor.map("sleep", []).toArray()).toEqual([]);
  });

  test("yields results as they come when they need no order", async () => {
    await using executor = start();
    const results = await executor.map("sleep", [200, 1], { ordered: false }).toArray();
    expect(results).toEqual([1, 200]);
  });

  test("runs ten thousand inputs, each once", async () => {
    await using executor = start();
    const inputs = Array.from({ length: 10_000 }, (_, i) => i);
    expect(await executor.map("echo", inputs).toArray()).toEqual(inputs);
    const unordered = await executor.map("echo", inputs, { ordered: false }).toArray();
    expect((unordered as number[]).sort((a, b) => a - b)).toEqual(inputs);
  });

  test("pulls nothing before it is read", async () => {
    await using executor = start();
    const source = endless();
    executor.map("echo", source);
    await executor.run("echo", 1);
    expect(source.pulled).toBe(0);
  });

  test("stops pulling when the window is full, and cancels everything when its reader leaves", async () => {
    await using executor = start();
    const source = endless(50);
    let read = 0;
    for await (const _ of executor.map("sleep", source, { window: 40 })) if (++read === 10) break;
    expect(source.pulled).toBeLessThanOrEqual(40 + 10);
    expect(source.closed).toBe(true);
    expect(executor.stats()).toMatchObject({ pending: 0, inFlight: 0 });
  });

  test("works with the narrowest window there is", async () => {
    await using executor = start({ workers: 1, concurrency: 1 });
    expect(await executor.map("echo", [1, 2, 3], { window: 1 }).toArray()).toEqual([1, 2, 3]);
  });

  test("throws the first failure in order, after the results before it, and cancels the rest", async () => {
    await using executor = start();
    const source = endless();
    const seen: unknown[] = [];
    const run = async () => {
      for await (
        const n of executor.map((n: number) => {
          if (n === 5) throw new Error("five");
          return n;
        }, source)
      ) seen.push(n);
    };
    await expect(run()).rejects.toThrow("five");
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    expect(source.closed).toBe(true);
    await executor.run("echo", "goes on");
  });

  test("yields an outcome for every input when it is settled", async () => {
    await using executor = start();
    const outcomes = await executor.map("fail", ["a", "undefined"], { settled: true }).toArray();
    expect(outcomes).toMatchObject([
      { status: "rejected", reason: { message: "a" }, index: 0, attempts: 1 },
      { status: "rejected", reason: undefined, index: 1, attempts: 1 },
    ]);
    const [sleep] = await executor.map("sleep", [20], { settled: true }).toArray();
    expect(sleep).toMatchObject({ status: "fulfilled", value: 20, index: 0 });
    expect(sleep.ms).toBeGreaterThan(10);
  });

  test("throws what its input throws, after the results of what came before", async () => {
    await using executor = start();
    function* broken() {
      yield 1;
      yield 2;
      throw new Error("no more");
    }
    for (const inputs of [broken(), later(broken())]) {
      const seen: number[] = [];
      const run = async () => {
        for await (const n of executor.map("echo", inputs)) seen.push(n as number);
      };
      await expect(run()).rejects.toThrow("no more");
      expect(seen).toEqual([1, 2]);
    }
  });

  test("answers several next() at once, each with a result of its own", async () => {
    await using executor = start();
    const results = executor.map("echo", [1, 2, 3]);
    const answers = await Promise.all([results.next(), results.next(), results.next(), results.next()]);
    expect(answers).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
      { done: false, value: 3 },
      { done: true, value: undefined },
    ]);
  });

  test("is not held up by an input that never comes", async () => {
    await using executor = start();
    async function* stuck() {
      yield 1;
      await new Promise(() => {});
    }
    const results = executor.map("echo", stuck());
    expect(await results.next()).toEqual({ done: false, value: 1 });
    const pending = results.next();
    await results.return();
    expect(await pending).toEqual({ done: true, value: undefined });
  });

  test("a signal rejects it with the reason", async () => {
    await using executor = start();
    const controller = new AbortController();
    const results = executor.map("sleep", endless(10_000), { signal: controller.signal });
    const first = results.next();
    await executor.run("echo", 1, { priority: 1 });
    controller.abort(new Error("stop"));
    await expect(first).rejects.toThrow("stop");
    expect(await results.next()).toEqual({ done: true, value: undefined });
  });

  test("draining starts nothing more and yields what runs", async () => {
    await using executor = start({ workers: 1, concurrency: 2 });
    const source = endless();
    const drain = new AbortController();
    const seen: number[] = [];
    for await (const n of executor.map("stubborn", source, { window: 8, drain: drain.signal })) {
      seen.push(n);
      if (n === 4) drain.abort();
    }
    expect(seen.slice(0, 5)).toEqual([0, 1, 2, 3, 4]);
    expect(seen.length).toBeLessThanOrEqual(7);
    expect(source.closed).toBe(true);
  });

  test("a map that is read after close() throws, and does not pull for ever", async () => {
    const executor = start();
    const results = executor.map("echo", endless(), { settled: true });
    await results.next();
    await executor.close();
    await expect(results.toArray()).rejects.toBeInstanceOf(ExecutorClosedError);
  });

  test("moves what its inputs name", async () => {
    await using executor = start();
    const buffers = Array.from({ length: 20 }, () => new ArrayBuffer(64));
    const back = await executor.map("bounce", buffers, { transfer: (buffer) => [buffer] }).toArray();
    expect(back.map(({ byteLength }) => byteLength)).toEqual(buffers.map(() => 64));
    expect(buffers.every(({ byteLength }) => byteLength === 0)).toBe(true);
  });
});
