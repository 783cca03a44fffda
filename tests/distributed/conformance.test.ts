/**
 * One suite for both executors: on threads and processes of this machine, and over a broker with two workers. What a user may rely
 * on, wherever tasks run, has its case here.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  Executor,
  ExecutorClosedError,
  type SharedTaskOptions,
  type TaskExecutor,
  TaskNotFoundError,
  TaskTimeoutError,
  WorkerLostError,
} from "../../mod.ts";
import { DistributedExecutor, serveTasks, type TaskServer } from "../../lib/distributed/mod.ts";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { folder } from "../cli/polyloop.ts";
import { Machines } from "./machines.ts";
import { RedisServer } from "./redis.ts";

const TASKS = new URL("./fixtures/tasks.ts", import.meta.url);
type Tasks = typeof import("./fixtures/tasks.ts");

let redis: RedisServer;
let servers: TaskServer[];

beforeAll(async () => {
  redis = await RedisServer.start({ log: false });
  const serve = () => serveTasks(TASKS, { redis: redis.url, workers: 1, concurrency: 4 });
  servers = await Promise.all([serve(), serve()]);
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await redis[Symbol.asyncDispose]();
});

/** Looks again and again: what is asked for has no event. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** A way to start an executor with two workers of four slots each. */
type Start = (options?: Omit<SharedTaskOptions, "signal">) => TaskExecutor<Tasks>;

const WAYS: Record<string, Start> = {
  threads: (options) => new Executor<Tasks>(TASKS, { workers: 2, concurrency: 4, ...options }),
  processes: (options) =>
    new Executor<Tasks>(TASKS, { workers: 2, concurrency: 4, isolation: "process", ...options }),
  "a broker with two workers": (options) =>
    new DistributedExecutor<Tasks>(TASKS, { redis: redis.url, ...options }),
};

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);
const again = { attempts: 2, minDelay: 1 };

describe.each(Object.keys(WAYS))("on %s,", (way) => {
  const start: Start = (options) => WAYS[way](options);

  test("ready() names the tasks", async () => {
    await using executor = start();
    expect(await executor.ready()).toContain("square");
    expect(executor.concurrency).toBe(4);
  });

  test("run() resolves with the result, and rejects with what the task threw", async () => {
    await using executor = start();
    expect(await executor.run("square", 12)).toEqual({ n: 12, square: 144 });
    expect(await executor.run("echo", { deep: ["ä", null, 1.5] })).toEqual({ deep: ["ä", null, 1.5] });
    const error = await executor.run("fail", 3 as never).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ message: "no 3", n: 3, cause: { message: "because" } });
    expect((error as Error).stack).toContain("fixtures/tasks.ts");
  });

  test("a task that the module does not export, or an input that cannot be sent, fails alone", async () => {
    await using executor = start();
    const outcomes = await Promise.allSettled([
      executor.run("nothere" as "echo", 1),
      executor.run("echo", () => 1),
      executor.run("echo", 1),
    ]);
    expect(outcomes).toMatchObject([
      {
        status: "rejected",
        reason: { name: "TaskNotFoundError", message: expect.stringContaining("square") },
      },
      { status: "rejected", reason: { name: "TaskCloneError" } },
      { status: "fulfilled", value: 1 },
    ]);
    expect((outcomes[0] as PromiseRejectedResult).reason).toBeInstanceOf(TaskNotFoundError);
  });

  test("a signal cancels a task, before and while it runs", async () => {
    await using executor = start();
    const reason = new Error("enough");
    const aborted = executor.run("nap", 60_000, { signal: AbortSignal.abort(reason) });
    await expect(aborted).rejects.toBe(reason);
    const controller = new AbortController();
    const napping = executor.run("nap", 60_000, { signal: controller.signal });
    await executor.run("echo", 1);
    controller.abort(reason);
    await expect(napping).rejects.toBe(reason);
    await executor.onIdle();
    expect(executor.stats()).toMatchObject({ pending: 0, inFlight: 0, succeeded: 1, failed: 2 });
  });

  test("timeout and retry hold for a call, and as defaults of the executor", async () => {
    await using executor = start({ retry: again });
    expect(await executor.run("failOnce", 1)).toBe("1 in attempt 2");
    expect(executor.stats()).toMatchObject({ succeeded: 1, failed: 0, retries: 1 });
    await expect(executor.run("failOnce", 1, { retry: { attempts: 1 } })).rejects.toThrow("not yet");
    await expect(executor.run("nap", 60_000, { timeout: 50, retry: { attempts: 1 } })).rejects
      .toBeInstanceOf(TaskTimeoutError);
  });

  test("tasks of a map add inputs: each distinct one once, in order, those of a failed attempt not", async () => {
    await using executor = start({ retry: again });
    const tree = async (more: { ordered?: boolean; maxInputs?: number; revisit?: boolean } = {}) => {
      const outcomes = await executor.map("tree", [20, 1], { settled: true, ...more }).toArray();
      return outcomes.map((outcome) => outcome.status === "fulfilled" ? outcome.value : "failed");
    };
    const whole = await tree();
    expect(whole.slice(0, 8)).toEqual([20, 1, 41, 42, 3, 4, 83, 84]);
    // Attempts that fail add negative numbers.
    expect(new Set(whole).size).toBe(whole.length);
    expect(whole.filter((n) => Number(n) < 0)).toEqual([]);
    expect((await tree({ ordered: false })).map(String).sort()).toEqual(whole.map(String).sort());
    expect(await tree({ maxInputs: 5 })).toEqual(whole.slice(0, 5));
    expect(await tree({ maxInputs: 5, revisit: true })).toEqual([20, 1, 41, 42, 20]);
    await expect(executor.run("tree", 1)).rejects.toThrow("only a task of a map() or of polyloop run");
  });

  test("submit() gives a handle that tells the state and cancels", async () => {
    await using executor = start();
    const done = executor.submit("square", 3);
    const napping = executor.submit("nap", 60_000);
    expect(await done.result).toEqual({ n: 3, square: 9 });
    expect([done.state, done.cancel()]).toEqual(["settled", false]);
    await until(() => napping.state === "running");
    expect(napping.cancel("no longer needed")).toBe(true);
    expect([napping.state, napping.cancel()]).toEqual(["settled", false]);
    await expect(napping.result).rejects.toBe("no longer needed");
    executor.pause();
    const waiting = executor.submit("square", 4);
    expect([waiting.state, waiting.cancel()]).toEqual(["pending", true]);
    await expect(waiting.result).rejects.toMatchObject({ name: "AbortError" });
    expect(new Set([done.id, napping.id, waiting.id]).size).toBe(3);
  });

  test("many handles: each settles once, whether it was cancelled or not", async () => {
    await using executor = start();
    const handles = upTo(40).map((n) => executor.submit("slowly", n));
    const cancelled = handles.map((handle, n) => n % 3 === 0 && handle.cancel(`no ${n}`));
    const outcomes = await Promise.allSettled(handles.map(({ result }) => result));
    for (const [n, outcome] of outcomes.entries()) {
      expect(outcome).toEqual(
        cancelled[n]
          ? { status: "rejected", reason: `no ${n}` }
          : { status: "fulfilled", value: { n, square: n * n } },
      );
    }
    expect(cancelled.filter(Boolean).length).toBe(14);
  });

  test("onProgress gets each value that the body reports, in order and before the result", async () => {
    await using executor = start();
    const told: unknown[] = [];
    const onProgress = (value: unknown) => told.push(value);
    expect(await executor.run("report", { count: 500 }, { onProgress })).toBe(500);
    expect(told).toEqual(upTo(500).map((n) => ({ n, attempt: 1 })));
    // While the task runs, too.
    const first = Promise.withResolvers<unknown>();
    const waiting = executor.submit("report", { count: 1, waits: true }, { onProgress: first.resolve });
    expect(await first.promise).toEqual({ n: 0, attempt: 1 });
    expect([waiting.state, waiting.cancel("enough")]).toEqual(["running", true]);
    await expect(waiting.result).rejects.toBe("enough");
    const unsendable = executor.run("report", { count: 0, value: "map" }, { onProgress });
    await expect(unsendable).rejects.toMatchObject({ name: "TaskCloneError", direction: "progress" });
    // Without a listener, nobody is told, and nothing fails.
    expect(await executor.run("report", { count: 0, value: "map" })).toBe(0);
  });

  test("tasks of a higher priority start first, also if it was set later", async () => {
    await using executor = start();
    await executor.ready();
    executor.pause();
    const label = crypto.randomUUID();
    const low = upTo(100).map(() => executor.submit("rank", label));
    const high = upTo(3).map(() => executor.submit("rank", label, { priority: 5 }));
    low.at(-1)!.setPriority(5);
    executor.resume();
    // A worker counts its own tasks, and starts up to four at the same time.
    const ranks = await Promise.all([...high, low.at(-1)!].map(({ result }) => result));
    for (const rank of ranks) expect(rank).toBeLessThanOrEqual(8);
    expect(Math.max(...await Promise.all(low.map(({ result }) => result)))).toBeGreaterThan(20);
    expect(() => low[0].setPriority(NaN)).toThrow(RangeError);
  });

  test("map() yields in order, or as results come, and with `settled` each outcome", async () => {
    await using executor = start();
    const inOrder = await executor.map("slowly", upTo(100)).toArray();
    expect(inOrder.map(({ n }) => n)).toEqual(upTo(100));
    const unordered = await executor.map("slowly", upTo(100), { ordered: false }).toArray();
    expect(unordered.map(({ n }) => n).sort((one, other) => one - other)).toEqual(upTo(100));
    const outcomes = await executor.map("spend", [2, 3], { settled: true, retry: again }).toArray();
    expect(outcomes).toMatchObject([
      { status: "fulfilled", value: 2, index: 0, attempts: 1, counts: { tokens: 2 } },
      { status: "rejected", reason: { message: "no 3" }, index: 1, attempts: 2, counts: { tokens: 3 } },
    ]);
    expect(await executor.map("indexOf", [7, 8]).toArray()).toEqual([0, 1]);
    await expect(executor.map("fail", [1, 2] as never[]).toArray()).rejects.toThrow("no 1");
  });

  test("map() pulls no further than its window, and leaving the loop ends it", async () => {
    await using executor = start();
    let pulled = 0;
    let closed = false;
    function* naturals() {
      try {
        for (;;) yield pulled++;
      } finally {
        closed = true;
      }
    }
    for await (const { n } of executor.map("square", naturals(), { window: 10 })) if (n === 30) break;
    expect(pulled).toBeLessThanOrEqual(30 + 11);
    expect(closed).toBe(true);
    await executor.onIdle();
    expect(executor.stats()).toMatchObject({ pending: 0, inFlight: 0 });
  });

  test("a map ends early by its signal, and cleanly by `drain`", async () => {
    await using executor = start();
    const controller = new AbortController();
    const results = executor.map("slowly", upTo(10_000), { signal: controller.signal });
    await results.next();
    controller.abort(new Error("enough"));
    await expect(results.toArray()).rejects.toThrow("enough");
    const drain = new AbortController();
    const seen: number[] = [];
    for await (const { n } of executor.map("slowly", upTo(10_000), { drain: drain.signal, window: 50 })) {
      seen.push(n);
      drain.abort();
    }
    expect(seen.length).toBeLessThan(10_000);
    // Inputs that had not started when it was drained are left out.
    expect(seen).toEqual([...new Set(seen)].sort((one, other) => one - other));
  });

  test("flatMap() yields what generators yield, one by one", async () => {
    await using executor = start();
    expect(await executor.flatMap("twice", [1, "a", 2, 1]).toArray()).toEqual(["a", "a\na", 2, 2]);
  });

  test("stream() yields what a generator yields, in order, and then ends as it does", async () => {
    await using executor = start();
    expect(await Array.fromAsync(executor.stream("naturals", { count: 300 }))).toEqual(upTo(300));
    expect(await Array.fromAsync(executor.stream("naturals", { count: 0 }))).toEqual([]);
    expect(await Array.fromAsync(executor.stream("twice", "a"))).toEqual(["a", "a\na"]);
    const seen: number[] = [];
    const failing = async () => {
      for await (const n of executor.stream("naturals", { count: 3, fails: true })) seen.push(n);
    };
    await expect(failing()).rejects.toThrow("no more");
    expect(seen).toEqual([0, 1, 2]);
    // Not tried again, because values were passed on.
    const again = { retry: { attempts: 3, minDelay: 1 } };
    await expect(Array.fromAsync(executor.stream("naturals", { count: 2, fails: true }, again))).rejects
      .toThrow(
        "no more",
      );
    await expect(Array.fromAsync(executor.stream("yieldBad"))).rejects.toMatchObject({
      name: "TaskCloneError",
    });
    await expect(Array.fromAsync(executor.stream("echo" as "twice", 1))).rejects.toThrow(/generator/);
    await expect(Array.fromAsync(executor.stream("nothere" as "twice", 1))).rejects.toBeInstanceOf(
      TaskNotFoundError,
    );
    await executor.onIdle();
    expect(executor.stats()).toMatchObject({ pending: 0, inFlight: 0, succeeded: 3 });
  });

  test("a slow reader of a stream holds its generator back, and one that leaves closes it", async () => {
    await using executor = start();
    using own = folder({ yielded: "" });
    const file = join(own.path, "yielded");
    const lines = () => readFileSync(file, "utf8").split("\n").slice(0, -1);
    const read: number[] = [];
    for await (const n of executor.stream("naturals", { file })) {
      read.push(n);
      if (n === 200) {
        // More would come while these run.
        await executor.map("slowly", upTo(50)).toArray();
        expect(lines().length).toBeLessThanOrEqual(201 + 64);
      }
      if (n === 400) break;
    }
    expect(read).toEqual(upTo(401));
    await until(() => lines().at(-1) === "closed");
    expect(lines().length).toBeLessThanOrEqual(401 + 64 + 2);
    await executor.onIdle();
    expect(executor.stats()).toMatchObject({ pending: 0, inFlight: 0 });
  });

  test("a signal ends a stream, and close() lets one that is read end", async () => {
    const executor = start();
    const controller = new AbortController();
    const aborted = async () => {
      for await (const n of executor.stream("naturals", {}, { signal: controller.signal })) {
        if (n === 5) controller.abort(new Error("enough"));
      }
    };
    await expect(aborted()).rejects.toThrow("enough");
    const all: number[] = [];
    for await (const n of executor.stream("naturals", { count: 200 })) {
      if (n === 0) void executor.close();
      all.push(n);
    }
    expect(all).toEqual(upTo(200));
    await executor.close();
    await expect(executor.stream("naturals", {}).next()).rejects.toBeInstanceOf(ExecutorClosedError);
  });

  test("retry.when decides after each attempt, with its error and number", async () => {
    const asked: [string, number][] = [];
    const when = (error: unknown, attempt: number) => {
      asked.push([(error as Error).message, attempt]);
      return attempt < 2;
    };
    await using executor = start({ retry: { attempts: 4, minDelay: 1, when } });
    const told: number[] = [];
    executor.addEventListener("retry", ({ detail: { attempt } }) => told.push(attempt));
    expect(await executor.run("failOnce", 1)).toBe("1 in attempt 2");
    expect(asked).toEqual([["not yet", 1]]);
    await expect(executor.run("fail", 3 as never)).rejects.toThrow("no 3");
    expect(asked.slice(1)).toEqual([["no 3", 1], ["no 3", 2]]);
    const outcomes = await executor.map("spend", [2, 3, 5], { settled: true }).toArray();
    expect(outcomes).toMatchObject([
      { status: "fulfilled", value: 2, attempts: 1 },
      { status: "rejected", reason: { message: "no 3" }, attempts: 2 },
      { status: "fulfilled", value: 5, attempts: 2 },
    ]);
    expect(told).toEqual([1, 1, 1, 1]);
    const own = {
      retry: {
        when: () => {
          throw new TypeError("in when");
        },
      },
    };
    await expect(executor.run("fail", 3 as never, own)).rejects.toThrow("in when");
    const { succeeded, failed, retries, counts, spent } = executor.stats();
    expect([succeeded, failed, retries]).toEqual([3, 3, 4]);
    expect([counts, spent]).toMatchObject([{ tokens: 10 }, { tokens: 18 }]);
  });

  test("queueTimeout fails tasks that find no slot in time, and no task that has started", async () => {
    await using executor = start();
    await executor.ready();
    const begun = executor.run("nap", 1_600, { queueTimeout: 1_500 });
    const busy = upTo(7).map(() => executor.submit("nap", 60_000));
    await until(() => busy.every(({ state }) => state === "running"));
    const late = { name: "TaskTimeoutError", phase: "queue", timeout: 100 };
    await expect(executor.run("square", 1, { queueTimeout: 100 })).rejects.toMatchObject(late);
    const mapped = await executor.map("square", [1, 2], { queueTimeout: 100, settled: true }).toArray();
    expect(mapped.map((outcome) => outcome.status === "rejected" && outcome.reason)).toMatchObject([
      late,
      late,
    ]);
    expect(await begun).toBe(1_600);
    for (const handle of busy) handle.cancel("enough");
    await Promise.allSettled(busy.map(({ result }) => result));
    executor.pause();
    await expect(executor.run("square", 1, { queueTimeout: 20 })).rejects.toMatchObject({ timeout: 20 });
    executor.resume();
    expect(await executor.run("square", 2)).toEqual({ n: 2, square: 4 });
    // A body that was cancelled may end after its task.
    await until(() => executor.stats().inFlight === 0);
    expect(executor.stats()).toMatchObject({ pending: 0, succeeded: 2, failed: 11 });
  });

  test("executeTasks() settles all, in their order", async () => {
    await using executor = start();
    const outcomes = await executor.executeTasks([
      { task: "square", input: 3 },
      { task: "fail", input: 2 as never },
      { task: "nap", input: 60_000, timeout: 20 },
    ]);
    expect(outcomes).toMatchObject([
      { status: "fulfilled", value: { n: 3, square: 9 } },
      { status: "rejected", reason: { message: "no 2" } },
      { status: "rejected", reason: { name: "TaskTimeoutError" } },
    ]);
  });

  test("pause() lets nothing start, resume() goes on, and idle is told once", async () => {
    await using executor = start();
    let idle = 0;
    executor.addEventListener("idle", () => idle++);
    executor.pause();
    expect(executor.isPaused).toBe(true);
    const results = executor.map("square", upTo(100)).toArray();
    const single = executor.run("echo", 1);
    await executor.ready();
    expect(executor.stats()).toMatchObject({ inFlight: 0, succeeded: 0 });
    expect(executor.stats().pending).toBeGreaterThan(0);
    executor.resume();
    await executor.onIdle();
    expect((await results).length).toBe(100);
    expect(await single).toBe(1);
    expect(executor.stats()).toMatchObject({ pending: 0, inFlight: 0, succeeded: 101, failed: 0 });
    expect([executor.isPaused, idle]).toEqual([false, 1]);
  });

  test("retry tells of each attempt that another follows, and taskfailed of each task that has failed", async () => {
    await using executor = start();
    const told: unknown[] = [];
    const retried: unknown[] = [];
    executor.addEventListener("retry", ({ detail: { task, error, attempt } }) => {
      retried.push([task, (error as Error).message, attempt]);
    });
    executor.addEventListener("taskfailed", ({ detail: { task, index, error, attempts } }) => {
      told.push([task, index, (error as Error).message, attempts]);
    });
    await executor.run("fail", 3 as never, { retry: again }).catch(() => {});
    await executor.map("fail", [4] as never[], { settled: true }).toArray();
    expect(await executor.run("failOnce", 1, { retry: again })).toBe("1 in attempt 2");
    expect(told).toEqual([["fail", undefined, "no 3", 2], ["fail", 0, "no 4", 1]]);
    expect(retried).toEqual([["fail", "no 3", 1], ["failOnce", "not yet", 1]]);
  });

  test("stats() counts tasks, attempts, run times and sums", async () => {
    await using executor = start();
    await executor.map("spend", upTo(8), { settled: true, retry: again }).toArray();
    const { runTime, utilization, ...counts } = executor.stats();
    expect(counts).toMatchObject({ pending: 0, inFlight: 0, succeeded: 7, failed: 1, retries: 4 });
    expect(counts).toMatchObject({ counts: { tokens: 28, usd: 0.8 }, spent: { tokens: 44, usd: 1.2 } });
    expect(runTime.max).toBeGreaterThanOrEqual(runTime.min);
    expect(utilization).toBeLessThanOrEqual(1);
  });

  test("close() finishes what there is, and refuses more", async () => {
    const executor = start();
    const results = executor.map("slowly", upTo(50)).toArray();
    const handle = executor.submit("square", 1);
    await executor.close();
    expect((await results).length).toBe(50);
    expect(handle.state).toBe("settled");
    await expect(executor.run("square", 1)).rejects.toBeInstanceOf(ExecutorClosedError);
    await expect(executor.submit("square", 1).result).rejects.toBeInstanceOf(ExecutorClosedError);
    await expect(executor.map("square", [1]).next()).rejects.toBeInstanceOf(ExecutorClosedError);
    await expect(executor.ready()).rejects.toBeInstanceOf(ExecutorClosedError);
  });

  test("terminate() and close({ pending }) settle everything that was handed out", async () => {
    for (const end of ["terminate", "cancel"] as const) {
      const executor = start();
      await executor.run("echo", 1);
      const tasks = upTo(60).map(() => executor.submit("nap", end === "terminate" ? 60_000 : 50).result);
      const mapped = executor.map("nap", upTo(1_000).map(() => 50)).toArray();
      const settled = Promise.allSettled([...tasks, mapped]);
      await (end === "terminate" ? executor.terminate() : executor.close({ pending: "cancel" }));
      const outcomes = await settled;
      const refused = outcomes.filter((outcome) => outcome.status === "rejected");
      expect(refused.every(({ reason }) => reason instanceof ExecutorClosedError)).toBe(true);
      expect(refused.length).toBeGreaterThan(0);
    }
  });

  test("an option that a call does not have is refused before anything runs", async () => {
    await using executor = start();
    expect(() => executor.map("square", [1], { windw: 3 } as object)).toThrow(
      /windw is no option of map\(\)/,
    );
    expect(() => executor.submit("square", 1, { timeOut: 3 } as object)).toThrow(/timeOut is no task option/);
    expect(() => executor.submit(5 as never, 1 as never)).toThrow(TypeError);
    await expect(executor.run("square", 1, { timeout: -1 })).rejects.toBeInstanceOf(RangeError);
    await expect(executor.close({ timeut: 1 } as object)).rejects.toBeInstanceOf(TypeError);
    expect(executor.stats()).toMatchObject({ pending: 0, inFlight: 0, succeeded: 0, failed: 0 });
  });
});

test("over a broker, tasks with handles and streams settle once each, also if their worker is killed", async () => {
  await using machines = new Machines(redis.url, 0);
  const first = await machines.worker("--queue", "killed");
  await using executor = new DistributedExecutor<Tasks>(TASKS, { redis: redis.url, queue: "killed" });
  const begun: unknown[] = [];
  const held = upTo(3).map((n) =>
    executor.submit("report", { count: n + 1, waits: true }, { onProgress: (value) => begun.push(value) })
  );
  const settled: number[] = [];
  const others = upTo(40).map(async (n) => {
    expect(await executor.submit("slowly", n).result).toEqual({ n, square: n * n });
    settled.push(n);
  });
  await until(() => begun.length === 6);
  const read: number[] = [];
  const stream = executor.stream("naturals", {});
  while (read.length < 100) read.push((await stream.next()).value);
  first.signal("SIGKILL");
  await machines.worker("--queue", "killed");
  // Values that were passed on cannot be taken back: a stream does not begin anew, also not with those that it had sent before.
  const rest = async () => {
    for await (const n of stream) read.push(n);
  };
  await expect(rest()).rejects.toBeInstanceOf(WorkerLostError);
  expect(read).toEqual(upTo(read.length));
  // The bodies begin anew on the other worker, and are cancelled there.
  await until(() => begun.length === 12);
  expect(held.map((handle) => [handle.state, handle.cancel("enough"), handle.cancel()])).toEqual(
    held.map(() => ["running", true, false]),
  );
  await Promise.all(others);
  for (const { result } of held) await expect(result).rejects.toBe("enough");
  expect(settled.sort((one, other) => one - other)).toEqual(upTo(40));
  expect(executor.stats()).toMatchObject({ pending: 0, inFlight: 0, succeeded: 40, failed: 4 });
});

test("over a broker, what cannot be is refused with a line that says what to do", async () => {
  await using executor = new DistributedExecutor<Tasks>(TASKS, { redis: "redis://127.0.0.1:1" });
  const refused: [() => unknown, RegExp][] = [
    [() => executor.run(((n: number) => n) as never, 1 as never), /A function as a task.*Export it/],
    [() => executor.map(((n: number) => n) as never, [1] as never[]), /A function as a task.*Export it/],
    [() => executor.run("echo", 1, { transfer: [] } as object), /transfer.*Leave it out/],
    [() => executor.map("echo", [1], { inputSignal: () => undefined } as object), /inputSignal.*submit\(\)/],
    [() => executor.recycleWorkers(), /recycleWorkers\(\).*recycle to serveTasks/],
    [() => executor.setConcurrency(), /setConcurrency\(\).*concurrency to serveTasks/],
    [
      () => new DistributedExecutor(TASKS, { redis: "redis://127.0.0.1:1", workers: 2 } as never),
      /workers.*serveTasks/,
    ],
    [() => executor.running(), /running\(\).*stats\(\)/],
    [() => executor.broadcast(), /broadcast\(\).*setup\(\)/],
  ];
  for (const [call, line] of refused) {
    const error = await Promise.try(call).then(() => undefined, (error: unknown) => error);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(line);
    expect((error as Error).message).toContain("is not available over a broker: ");
  }
});
