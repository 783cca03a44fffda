/** Conformance: tasks, inputs and options that break the rules hurt nobody but themselves. */
import { expect, test } from "vitest";
import { conformance } from "./backends.ts";

conformance("an executor", (start, isolation) => {
  test("refuses options that are of the wrong kind, and runs nothing", async () => {
    await using executor = start();
    const wrong = [
      { signal: new AbortController() },
      { onProgress: 5 },
      { transfer: "buffer" },
      { timeout: "5s" },
      { encoding: { input: "yaml" } },
    ];
    for (const options of wrong) {
      await expect(executor.run("remember", "ran", options as never)).rejects.toThrow(/must be/);
    }
    expect(await executor.run("remember", "only this")).toEqual(["only this"]);
  });

  test("survives results that throw when they are looked at", async () => {
    await using executor = start({ workers: 1 });
    const outcomes = await Promise.allSettled([
      executor.run(async () => {
        return await Promise.resolve({
          get next() {
            throw new Error("lazy page");
          },
        });
      }),
      executor.run(async (_: unknown, context) => {
        await 0;
        return context.transfer(1, null as never);
      }),
      executor.run(() => ({
        get then() {
          throw new Error("not a promise");
        },
      })),
      executor.run("sleep", 20),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected", "fulfilled"]);
  });

  test("keeps what one task transfers when its neighbour cannot be cloned", async () => {
    await using executor = start({ workers: 1 });
    await executor.ready();
    const buffer = new ArrayBuffer(100);
    const [length, bad] = await Promise.allSettled([
      executor.run((buffer: ArrayBuffer) => buffer.byteLength, buffer, { transfer: [buffer] }),
      executor.run("echo", () => 1),
    ]);
    expect(length).toEqual({ status: "fulfilled", value: 100 });
    expect(bad).toMatchObject({ status: "rejected", reason: { name: "TaskCloneError" } });
  });

  test("cancels with any reason at all, and goes on", async () => {
    await using executor = start({ workers: 1 });
    let reads = 0;
    const moody = {
      get x() {
        if (reads++ > 0) throw new Error("only once");
        return 1;
      },
    };
    // It crosses to a thread and not to a process.
    const shared = { memory: new SharedArrayBuffer(8) };
    for (const reason of [() => 1, Symbol("s"), moody, shared, null, new Error("e"), undefined]) {
      const handle = executor.submit("sleep", 60_000);
      await executor.run("echo", 1);
      handle.cancel(reason);
      await expect(handle.result).rejects.toBeDefined();
    }
    expect(await executor.run("echo", "goes on")).toBe("goes on");
  });

  test("fails a map whose inputs break the protocol of iterators", async () => {
    await using executor = start();
    const wrong: unknown[] = [
      5,
      undefined,
      { [Symbol.iterator]: () => undefined },
      { [Symbol.iterator]: () => ({ next: () => undefined }) },
      { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(undefined) }) },
      {
        [Symbol.iterator]: () => ({
          next: () => ({
            get done() {
              throw new TypeError("no idea");
            },
          }),
        }),
      },
    ];
    for (const inputs of wrong) {
      await expect(executor.map("echo", inputs as never, { window: 1 }).toArray()).rejects.toThrow(TypeError);
    }
    expect(await executor.map("echo", "abc").toArray()).toEqual(["a", "b", "c"]);
  });

  test("closes a generator task that is cancelled while it is collected", async () => {
    await using executor = start({ workers: 1, gracePeriod: 5_000 });
    const onProgress = (value: unknown) => {
      if (value === 10) handle.cancel("enough");
    };
    const handle = executor.submit("numbers", Infinity, { onProgress });
    await expect(handle.result).rejects.toBe("enough");
    // The worker lives, and has time for others.
    expect(await executor.run("workerId")).toBe(1);
  });

  test("lets neighbours finish when the body that would not stop has stopped after all", async () => {
    await using executor = start({ workers: 1, concurrency: 2 });
    const neighbour = executor.run("stubborn", 2_300);
    // Its grace is over at 1,020 ms, its neighbour's at 2,020: it stops between the two, on a busy machine too.
    await expect(executor.run("stubborn", 1_200, { timeout: 20, gracePeriod: 1_000 })).rejects.toMatchObject({
      name: "TaskTimeoutError",
    });
    expect(await neighbour).toBe(2_300);
  });

  test("gives up a worker for a second body that will not stop, after a first one had stopped", async () => {
    await using executor = start({ workers: 1, concurrency: 2, gracePeriod: 1_000 });
    const [late, never] = [executor.submit("stubborn", 1_200), executor.submit(() => new Promise(() => {}))];
    await executor.ready();
    late.cancel("stop");
    await expect(late.result).rejects.toBe("stop");
    while (executor.running().length > 1) await new Promise((resolve) => setTimeout(resolve, 20));
    never.cancel("stop");
    await expect(never.result).rejects.toBe("stop");
    expect(await executor.run("echo", "goes on")).toBe("goes on");
  });

  test("aborts the neighbours of an input that cannot be cloned, though they left in the same batch", async () => {
    const executor = start({ gracePeriod: Infinity, concurrency: 4 });
    await executor.ready();
    const inputs = [() => 1, 1, 2, 3] as never[];
    await expect(executor.map("untilAborted", inputs).toArray()).rejects.toMatchObject({
      name: "TaskCloneError",
    });
    const bad = Array.from({ length: 8 }, () => () => 1) as never[];
    await expect(executor.map("echo", bad).toArray()).rejects.toMatchObject({ name: "TaskCloneError" });
    // Would never resolve if a body had missed its abort.
    await executor.close();
    expect(executor.stats().workers).toEqual([]);
  });

  test("a promise in what a generator yields may reject while the generator goes on: its task fails alone", async () => {
    await using executor = start({ workers: 1 });
    const lost: unknown[] = [];
    executor.addEventListener("workerlost", ({ detail }) => lost.push(detail.error));
    const yields = async function* (n: number): AsyncGenerator<unknown> {
      for (let at = 0; at < 100; at++) yield at === n ? [Promise.reject(new Error("not awaited"))] : at;
      await new Promise((resolve) => setTimeout(resolve, 30));
      yield "last";
    };
    const neighbour = executor.run((ms: number) => new Promise((resolve) => setTimeout(resolve, ms)), 60);
    await expect(executor.run(yields, 50)).rejects.toMatchObject({ name: "TaskCloneError" });
    await expect(executor.flatMap(yields, [50]).toArray()).rejects.toMatchObject({ name: "TaskCloneError" });
    await neighbour;
    expect(lost).toEqual([]);
  });

  test("frees the slot of a stream that failed and whose generator will not close", async () => {
    await using executor = start({ workers: 1, concurrency: 1, gracePeriod: 50 });
    const stream = executor.stream(async function* () {
      try {
        yield await Promise.resolve(() => 1);
      } finally {
        await new Promise(() => {});
      }
    });
    await expect(stream.next()).rejects.toMatchObject({ name: "TaskCloneError" });
    expect(await executor.run("echo", "goes on")).toBe("goes on");
  });

  test("starts nothing more after a drain, though it was sent ahead", async () => {
    await using executor = start({ workers: 1, concurrency: 1 });
    await executor.map("echo", Array.from({ length: 5_000 }, (_, i) => i)).toArray();
    const drain = new AbortController();
    const results = executor.map("stubborn", Array.from({ length: 300 }, () => 60), {
      drain: drain.signal,
      window: 300,
    });
    const all = results.toArray();
    // Let the first be started, and others be sent ahead of it.
    await new Promise((resolve) => setTimeout(resolve, 5));
    drain.abort();
    expect((await all).length).toBeLessThanOrEqual(2);
  });

  test("closes in its own time when the timeout is longer than timers take, and refuses what is none", async () => {
    const executor = start();
    const slow = executor.run("stubborn", 50);
    await expect(executor.close({ timeout: NaN })).rejects.toThrow(RangeError);
    await executor.close({ timeout: 2 ** 40 });
    expect(await slow).toBe(50);
  });

  if (isolation === "none") {
    test("starts nothing more once it is terminated", async () => {
      const executor = start({ concurrency: 4 });
      const global = globalThis as { bodies?: number };
      global.bodies = 0;
      const tasks = Promise.allSettled(Array.from({ length: 200 }, () =>
        executor.run(() => {
          (globalThis as { bodies?: number }).bodies!++;
          for (const end = performance.now() + 1; performance.now() < end;);
        })));
      await executor.ready();
      await executor.terminate();
      await tasks;
      const then = global.bodies;
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(global.bodies).toBe(then);
    });
  } else {
    test("lets a second worker have what waits behind tasks that block the first", async () => {
      await using executor = start({ workers: 2, concurrency: 1 });
      await executor.map("echo", Array.from({ length: 10_000 }, (_, i) => i)).toArray();
      const spin = (_: unknown, { workerId }: { workerId: number }) => {
        for (const end = performance.now() + 15; performance.now() < end;);
        return workerId;
      };
      // After so many quick ones, these are sent ahead as if they were quick too.
      const ids = await Promise.all(Array.from({ length: 60 }, () => executor.run(spin)));
      const shares = [...new Set(ids)].map((id) => ids.filter((other) => other === id).length);
      expect(shares).toHaveLength(2);
      expect(Math.min(...shares)).toBeGreaterThan(5);
    });

    test("is not stopped by a task that installs fake timers", async () => {
      await using executor = start({ workers: 1 });
      await executor.run(() => {
        const fake = () => {
          throw new Error("fake");
        };
        Object.assign(globalThis, { queueMicrotask: fake, setTimeout: fake, setImmediate: fake });
        performance.now = fake;
      });
      expect(await executor.map("echoSync", [1, 2, 3]).toArray()).toEqual([1, 2, 3]);
    });
  }
});
