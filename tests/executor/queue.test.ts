/** Conformance: who waits for what, and in which order. */
import { expect, test } from "vitest";
import { QueueFullError, type TaskContext, type TaskOptions } from "../../mod.ts";
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

  test("lets a task go by the priority that its handle gave it last", async () => {
    await using executor = start({
      workers: 1,
      concurrency: 1,
      maxQueue: 6,
      limitPer: { most: 1, key: keyOf },
    });
    const blocker = executor.submit("untilAborted", undefined);
    const order: string[] = [];
    const submit = (name: string, options: TaskOptions = {}) => {
      const handle = executor.submit("echo", name, options);
      const done = handle.result.then((n) => order.push(n as string));
      return { done, setPriority: handle.setPriority, cancel: handle.cancel };
    };
    const [a, b, c, same, same2, waits, outside] = [
      submit("a", { priority: 1 }),
      submit("b"),
      submit("c", { priority: 2 }),
      submit("same key 1"),
      submit("same key 2"),
      submit("d", { priority: -1 }),
      submit("found the queue full"),
    ];
    a.setPriority(-2);
    b.setPriority(2); // behind c, which had it before
    waits.setPriority(9);
    outside.setPriority(5);
    same2.setPriority(1);
    expect(() => a.setPriority(NaN)).toThrow("priority must be a finite number, got NaN");
    expect(() => a.setPriority("1" as never)).toThrow(RangeError);
    blocker.setPriority(3); // it runs: nothing changes
    blocker.cancel();
    await blocker.result.catch(() => {});
    await Promise.all([a, b, c, same, same2, waits, outside].map(({ done }) => done));
    const isOfKey = (name: string) => name.startsWith("same");
    expect(order.filter((name) => !isOfKey(name))).toEqual(["d", "found the queue full", "c", "b", "a"]);
    expect(order.filter(isOfKey)).toEqual(["same key 2", "same key 1"]);
    // What has settled stays as it is.
    blocker.setPriority(1);
    expect(executor.stats()).toMatchObject({ pending: 0, inFlight: 0, succeeded: 7, failed: 1 });

    function keyOf(input: unknown) {
      return String(input).startsWith("same") ? "same" : undefined;
    }
  });

  test("a priority that was set while a task runs holds for its next attempt", async () => {
    await using executor = start({ workers: 1, concurrency: 1 });
    const order: string[] = [];
    const fails = (_: unknown, { attempt }: TaskContext) => {
      if (attempt === 1) throw new Error("once more");
      return "retried";
    };
    const when = () => {
      retried.setPriority(-5);
      return true;
    };
    const retry = { attempts: 2, minDelay: 0, jitter: 0, when };
    const retried = executor.submit(fails, undefined, { retry, priority: 1 });
    const blocker = executor.submit("untilAborted", undefined);
    await new Promise((resolve) => executor.addEventListener("retry", resolve));
    const tasks = ["a", "b"].map((name) => executor.run("echo", name, { priority: -2 }));
    const done = [...tasks, retried.result].map((task) => task.then((name) => order.push(name as string)));
    blocker.cancel();
    await blocker.result.catch(() => {});
    await Promise.all(done);
    expect(order).toEqual(["a", "b", "retried"]);
  });

  test("taskfailed tells of each task that has failed for good, and stats() counts the same", async () => {
    await using executor = start({ workers: 1, concurrency: 2, maxQueue: 1, onFull: "reject" });
    const told: Record<string, unknown>[] = [];
    executor.addEventListener(
      "taskfailed",
      ({ detail }) => told.push({ ...detail, error: String(detail.error) }),
    );
    const settled = (...promises: Promise<unknown>[]) => Promise.allSettled(promises);
    // Two slots and one place: the fourth is refused, and that is no failure of a task.
    const blockers = [1, 2, 3].map(() => executor.submit("untilAborted", undefined));
    const [refused] = await settled(executor.run("echo", 4));
    expect(refused).toMatchObject({ reason: { name: "QueueFullError" } });
    expect([told.length, executor.stats().failed]).toEqual([0, 0]);
    for (const blocker of blockers) blocker.cancel();
    await settled(...blockers.map(({ result }) => result));
    expect(told.splice(0).map(({ error }) => error)).toEqual(
      new Array(3).fill(expect.stringMatching(/^AbortError/)),
    );
    const throws = (n: number) => {
      if (n !== 1) throw new Error(`no ${n}`);
      return n;
    };
    await settled(executor.run(throws, 5, { retry: { attempts: 3, minDelay: 0 } }));
    await executor.map(throws, [1, 2], { settled: true, window: 1 }).toArray();
    const cancelled = executor.submit("untilAborted", undefined);
    cancelled.cancel("not wanted");
    await settled(
      cancelled.result,
      executor.run("echo", () => {}),
      executor.run("untilAborted", undefined, { timeout: 20, gracePeriod: 0 }),
    );
    expect(told.map(({ error, attempts, index }) => [error, attempts, index])).toEqual([
      ["Error: no 5", 3, undefined],
      ["Error: no 2", 1, 1],
      ["not wanted", 1, undefined],
      [expect.stringContaining("TaskCloneError"), 1, undefined],
      [expect.stringContaining("TaskTimeoutError"), 1, undefined],
    ]);
    expect(told.every(({ taskId }) => Number.isInteger(taskId))).toBe(true);
    expect(executor.stats().failed).toBe(3 + 5);
    await executor.close();
    await settled(executor.run("echo", "too late"));
    expect([told.length, executor.stats().failed]).toEqual([5, 3 + 5]);
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
