/** Conformance: who waits for what, and in which order. */
import { expect, test } from "vitest";
import { QueueFullError } from "../../mod.ts";
import { conformance } from "./backends.ts";

conformance("the queue", (start) => {
  test("lets the higher priority go first, and the first come within one", async () => {
    await using executor = start({ workers: 1, concurrency: 1 });
    const blocker = executor.submit("untilAborted", undefined);
    const order: string[] = [];
    const run = (name: string, priority?: number) =>
      executor.run("echo", name, { priority }).then((n) => order.push(n as string));
    const tasks = [run("low", -1), run("a"), run("b"), run("high", 5), run("c"), run("higher", 6)];
    blocker.cancel();
    await blocker.result.catch(() => {});
    await Promise.all(tasks);
    expect(order).toEqual(["higher", "high", "a", "b", "c", "low"]);
  });

  test("keeps the order of run() calls of several tasks, with handles and options between them", async () => {
    await using executor = start({ workers: 1, concurrency: 1 });
    const blocker = executor.submit("untilAborted", undefined);
    const order: number[] = [];
    const add = (result: Promise<unknown>) => result.then((n) => order.push(n as number));
    const tasks: Promise<unknown>[] = [];
    for (let n = 0; n < 120; n++) {
      if (n % 40 === 13) tasks.push(add(executor.submit("echo", n).result));
      else if (n % 40 === 27) tasks.push(add(executor.run("echo", n, { retry: { attempts: 2 } })));
      else if (n % 40 > 30 && n % 2 === 0) tasks.push(add(executor.run((n: number) => n, n)));
      else tasks.push(add(executor.run("echo", n)));
    }
    blocker.cancel();
    await blocker.result.catch(() => {});
    await Promise.all(tasks);
    expect(order).toEqual(Array.from({ length: 120 }, (_, n) => n));
  });

  test("lets a map that came between run() calls have its turn after those before it", async () => {
    await using executor = start({ workers: 1, concurrency: 1 });
    const blocker = executor.submit("untilAborted", undefined);
    // Which turn it had on the worker: results that arrive together say nothing of it.
    const turn = (_: number) => {
      const scope = globalThis as { turns?: number };
      return scope.turns = (scope.turns ?? 0) + 1;
    };
    const before = [1, 2, 3].map((n) => executor.run(turn, n));
    const mapped = executor.map(turn, [0]).toArray();
    const after = [4, 5, 6].map((n) => executor.run(turn, n));
    blocker.cancel();
    await blocker.result.catch(() => {});
    const turns = [...await Promise.all(before), ...await mapped, ...await Promise.all(after)];
    expect(turns).toEqual(turns.map((_, at) => turns[0] + at));
  });

  test("runs tasks of one key on one worker, and others beside them", async () => {
    await using executor = start({ workers: 3, concurrency: 2 });
    const keys = Array.from({ length: 30 }, (_, i) => `key ${i}`);
    const ids = await Promise.all(
      keys.flatMap((key) => [1, 2, 3].map(() => executor.run("workerId", undefined, { key }))),
    );
    for (let i = 0; i < keys.length; i++) expect(new Set(ids.slice(3 * i, 3 * i + 3)).size).toBe(1);
    expect(new Set(ids).size).toBe(3);
  });

  test("that is full rejects when it is told to, and only then", async () => {
    await using executor = start({ workers: 1, concurrency: 1, maxQueue: 2, onFull: "reject" });
    const blocker = executor.submit("untilAborted", undefined);
    const waiting = [executor.run("echo", 1), executor.run("echo", 2)];
    const refused = await executor.run("echo", 3).catch((error) => error);
    expect(refused).toBeInstanceOf(QueueFullError);
    expect(refused).toMatchObject({ maxQueue: 2 });
    blocker.cancel();
    await blocker.result.catch(() => {});
    expect(await Promise.all(waiting)).toEqual([1, 2]);
    expect(await executor.run("echo", 4)).toBe(4);
  });

  test("that is full lets tasks wait outside, and a map pull no more", async () => {
    await using executor = start({ workers: 1, concurrency: 2, maxQueue: 3 });
    const tasks = Array.from({ length: 50 }, (_, i) => executor.run("echo", i));
    expect(await Promise.all(tasks)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    let pulled = 0;
    function* inputs() {
      for (;;) yield ++pulled;
    }
    const results = executor.map("echo", inputs());
    expect(await results.next()).toEqual({ done: false, value: 1 });
    expect(pulled).toBeLessThanOrEqual(6);
    await results.return();
  });

  test("forgets tasks that were cancelled while they waited", async () => {
    await using executor = start({ workers: 1, concurrency: 1, maxQueue: 100 });
    const blocker = executor.submit("untilAborted", undefined);
    const handles = Array.from({ length: 1_000 }, (_, i) => executor.submit("echo", i));
    const settled = Promise.allSettled(handles.map(({ result }) => result));
    handles.forEach((handle, i) => i % 10 !== 0 && handle.cancel());
    expect(executor.stats().pending).toBe(100 + (executor.stats().inFlight === 0 ? 1 : 0));
    blocker.cancel();
    await blocker.result.catch(() => {});
    const values = (await settled).flatMap((outcome) =>
      outcome.status === "fulfilled" ? [outcome.value] : []
    );
    expect(values).toEqual(handles.flatMap((_, i) => i % 10 === 0 ? [i] : []));
  });

  test("holds back short tasks for no other worker's long one", async () => {
    await using executor = start({ workers: 2, concurrency: 1 });
    await executor.ready();
    for (let i = 0; i < 100; i++) await executor.run("echo", i);
    const long = executor.submit("untilAborted", undefined);
    const short = await Promise.all(Array.from({ length: 50 }, (_, i) => executor.run("echo", i)));
    expect(short).toHaveLength(50);
    expect(long.state).toBe("running");
    long.cancel();
    await long.result.catch(() => {});
  });
});
