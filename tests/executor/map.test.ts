/** Conformance: map(), its window, its order, and what it does when something ends early. */
import { expect, test } from "vitest";
import { ExecutorClosedError, ModuleLoadError, type TaskContext } from "../../mod.ts";
import { conformance, startFixture } from "./backends.ts";

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
    // The first ends only once the second's result was read.
    const results = executor.map("sleep", [60_000, 1], { ordered: false });
    expect(await results.next()).toEqual({ done: false, value: 1 });
    await results.return();
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

  test("says of each outcome which worker it is from and when it came", async () => {
    await using executor = start();
    const begun = performance.now();
    const outcomes = [
      ...await executor.map("sleep", [1, 2, 3], { settled: true, timeout: 10_000 }).toArray(),
      ...await executor.map("fail", ["a", "b"], { settled: true }).toArray(),
      ...await executor.map("echo", [1, 2, 3, 4], { settled: true }).toArray(),
    ];
    const workers = executor.stats().workers.map(({ workerId }) => workerId);
    for (const { workerId, endedAt } of outcomes) {
      expect(workers).toContain(workerId);
      expect(endedAt).toBeGreaterThanOrEqual(begun);
      expect(endedAt).toBeLessThanOrEqual(performance.now());
    }
    expect(outcomes).toHaveLength(9);
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

  test("batches() yields what map does, some at once, and throws at the first failure after what came before it", async () => {
    await using executor = start();
    const inputs = Array.from({ length: 5_000 }, (_, i) => i);
    const batches = await Array.fromAsync(executor.map("echo", inputs).batches());
    expect(batches.flat()).toEqual(inputs);
    expect(batches.length).toBeLessThan(5_000);
    expect(await Array.fromAsync(executor.map("echo", []).batches())).toEqual([]);
    const seen: unknown[] = [];
    const failAt3000 = (n: number) => {
      if (n === 3_000) throw new RangeError("failed");
      return n;
    };
    const failing = (async () => {
      for await (const batch of executor.map(failAt3000, inputs).batches()) seen.push(...batch);
    })();
    await expect(failing).rejects.toThrow("failed");
    expect(seen).toEqual(inputs.slice(0, 3_000));
    const results = executor.map("echo", endless());
    for await (const [first] of results.batches()) {
      expect(first).toBe(0);
      break;
    }
    expect(await results.next()).toEqual({ done: true, value: undefined });
  });

  test("one input of many that throws, cannot be sent, or whose result cannot, takes none along", async () => {
    await using executor = start();
    const bad = new Set([0, 7, 500, 501, 999]);
    const task = (input: unknown) => {
      if (input === "throw") throw new RangeError("asked to");
      return input === "unclonable" ? () => 1 : input;
    };
    for (
      const [what, name] of [["throw", "RangeError"], ["unclonable", "TaskCloneError"], [
        () => 1,
        "TaskCloneError",
      ]]
    ) {
      const inputs = Array.from({ length: 1_000 }, (_, i) => bad.has(i) ? what : i);
      // Some that are quick first, so that all travel together.
      await executor.map(task, Array.from({ length: 2_000 }, (_, i) => i)).toArray();
      const outcomes = await executor.map(task, inputs, { settled: true }).toArray();
      expect(
        outcomes.map((outcome) =>
          outcome.status === "fulfilled" ? outcome.value : (outcome.reason as Error).name
        ),
      )
        .toEqual(inputs.map((input, i) => bad.has(i) ? name : input));
      expect(outcomes.map(({ index, attempts }) => [index, attempts])).toEqual(inputs.map((_, i) => [i, 1]));
    }
  });

  test("one input of many that fails is tried again, and then has two attempts", async () => {
    await using executor = start({ retry: { attempts: 2, minDelay: 0, maxDelay: 0 } });
    const task = (input: number, { attempt }: TaskContext) => {
      if (input % 100 === 50 && attempt === 1) throw new Error("not yet");
      return input;
    };
    const inputs = Array.from({ length: 2_000 }, (_, i) => i);
    const outcomes = await executor.map(task, inputs, { settled: true }).toArray();
    expect(outcomes.map((outcome) => outcome.status === "fulfilled" && outcome.value)).toEqual(inputs);
    expect(outcomes.map(({ attempts }) => attempts)).toEqual(inputs.map((i) => i % 100 === 50 ? 2 : 1));
    expect(executor.stats()).toMatchObject({
      succeeded: 2_000,
      failed: 0,
      retries: 20,
      pending: 0,
      inFlight: 0,
    });
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

test("map() fails every input of a module that cannot be loaded, those too that come later", async () => {
  await using executor = startFixture("throws_on_import.ts");
  const firstOutcome = Promise.withResolvers<void>();
  async function* inputs() {
    yield 1;
    await firstOutcome.promise;
    yield 2;
  }
  const reasons: unknown[] = [];
  for await (const outcome of executor.map("any", inputs(), { settled: true })) {
    reasons.push(outcome.status === "rejected" && outcome.reason);
    firstOutcome.resolve();
  }
  expect(reasons).toEqual([expect.any(ModuleLoadError), expect.any(ModuleLoadError)]);
});
