/** Conformance: what is tried again, when, and what is not. */
import { describe, expect, test, vi } from "vitest";
import { TaskTimeoutError, WorkerLostError } from "../../mod.ts";
import { conformance, startFixture } from "./backends.ts";
import type { TaskContext } from "../../mod.ts";

/** Fails until a certain attempt, then tells what it saw. */
const failUntil = (attempts: number, { attempt, taskId }: TaskContext) => {
  if (attempt < attempts) throw new Error(`attempt ${attempt}`);
  return { attempt, taskId };
};

const QUICK = { minDelay: 1, jitter: 0 };

conformance("retry", (start) => {
  test("tries a task that throws again, under the same number, until it succeeds", async () => {
    await using executor = start();
    const retries: { taskId: number; attempt: number; delay: number; message: string }[] = [];
    executor.addEventListener("retry", ({ detail: { taskId, attempt, delay, error } }) => {
      retries.push({ taskId, attempt, delay, message: (error as Error).message });
    });
    const handle = executor.submit(failUntil, 3, { retry: { attempts: 5, ...QUICK, factor: 3 } });
    expect(await handle.result).toEqual({ attempt: 3, taskId: handle.id });
    expect(retries).toEqual([
      { taskId: handle.id, attempt: 1, delay: 1, message: "attempt 1" },
      { taskId: handle.id, attempt: 2, delay: 3, message: "attempt 2" },
    ]);
    expect(executor.stats()).toMatchObject({ succeeded: 1, failed: 0, retries: 2, retrying: 0 });
  });

  test("gives the last error once the attempts are used up", async () => {
    await using executor = start({ retry: { attempts: 3, ...QUICK } });
    await expect(executor.run(failUntil, 10)).rejects.toThrow("attempt 3");
  });

  test("does nothing unless asked to", async () => {
    await using executor = start();
    await expect(executor.run(failUntil, 2)).rejects.toThrow("attempt 1");
  });

  test("asks `when`, with the error and the attempt", async () => {
    await using executor = start();
    const asked: [string, number][] = [];
    const when = (error: unknown, attempt: number) => {
      asked.push([(error as Error).message, attempt]);
      return attempt < 2;
    };
    await expect(executor.run(failUntil, 9, { retry: { attempts: 9, ...QUICK, when } })).rejects.toThrow(
      "attempt 2",
    );
    expect(asked).toEqual([["attempt 1", 1], ["attempt 2", 2]]);
  });

  test("fails with what `when` throws", async () => {
    await using executor = start();
    const when = () => {
      throw new RangeError("from when");
    };
    await expect(executor.run(failUntil, 9, { retry: { attempts: 9, when } })).rejects.toThrow("from when");
  });

  test.each(["abort", "cancel", "terminate", "close"])(
    "settles once, whatever `when` does: %s",
    async (deed) => {
      await using executor = start({ workers: 1 });
      const abort = new AbortController();
      let ending: Promise<void> | undefined;
      let starts = 0;
      executor.addEventListener("workerstart", () => void starts++);
      const when = () => {
        if (deed === "abort") abort.abort(new Error("from `when`"));
        if (deed === "cancel") handle.cancel(new Error("from `when`"));
        if (deed === "terminate") ending = executor.terminate();
        if (deed === "close") ending = executor.close();
        return true;
      };
      const retry = { attempts: 3, ...QUICK, when };
      const handle = executor.submit(failUntil, 9, { signal: abort.signal, retry });
      const message = {
        abort: "from `when`",
        cancel: "from `when`",
        terminate: "attempt 1",
        close: "attempt 3",
      };
      await expect(handle.result).rejects.toThrow(message[deed as keyof typeof message]);
      await ending;
      expect(executor.stats()).toMatchObject({ pending: 0, failed: 1, retries: deed === "close" ? 2 : 0 });
      expect(starts).toBe(1);
    },
  );

  test("asks a `when` that may end the map: its return() does not wait for the body that has ended", async () => {
    await using executor = start({ workers: 1 });
    const ended: Promise<unknown>[] = [];
    const when = () => {
      ended.push(results.return());
      return true;
    };
    const results = executor.map(failUntil, [9], { retry: { attempts: 2, ...QUICK, when } });
    expect(await results.toArray()).toEqual([]);
    await Promise.all(ended);
    expect(ended).toHaveLength(1);
  });

  test.each([
    ["of its own", () => ({ retryAfter: 0.02 })],
    ["of its cause", () => ({ cause: { retryAfter: 0.02 } })],
  ])("waits as long as the error's `retryAfter` says, %s", async (_, properties) => {
    await using executor = start();
    const delays: number[] = [];
    executor.addEventListener("retry", ({ detail }) => delays.push(detail.delay));
    const task = (facts: object, { attempt }: TaskContext) => {
      if (attempt === 1) throw Object.assign(new Error("busy"), facts);
      return attempt;
    };
    const retry = { attempts: 2, minDelay: 10_000, maxDelay: 10_000 };
    expect(await executor.run(task, properties(), { retry })).toBe(2);
    expect(delays).toEqual([20]);
  });

  const inAnHour = () => new Date(Date.now() + 3_600_000);
  const FORMS: [string, () => object][] = [
    ["seconds as text", () => ({ retryAfter: "3600" })],
    ["seconds as text, with a fraction and blanks", () => ({ retryAfter: " 3600.0 " })],
    ["seconds of a Retry-After header", () => ({ headers: { "Retry-After": "3600" } })],
    ["a Map of headers", () => ({ headers: new Map([["retry-after", "3600"]]) })],
    ["a response's header in small letters, of the cause", () => ({
      cause: { response: { headers: { "retry-after": 3600 } } },
    })],
    ["an HTTP date", () => ({ retryAfter: inAnHour().toUTCString() })],
    ["a date as JSON has it", () => ({ retryAfter: inAnHour().toISOString() })],
    ["a Date", () => ({ retryAfter: inAnHour() })],
  ];
  test("waits as long as `retryAfter` says, in all its forms", async () => {
    await using executor = start();
    const task = (facts: object) => {
      throw Object.assign(new Error("busy"), facts);
    };
    for (const [form, facts] of FORMS) {
      const delay = new Promise<number>((resolve) => {
        executor.addEventListener("retry", ({ detail }) => resolve(detail.delay), { once: true });
      });
      const handle = executor.submit(task, facts(), { retry: { attempts: 2 } });
      // Until a date there is a little less than the hour: it has no fraction of a second, and time has passed.
      expect(await delay, form).toBeGreaterThan(3_000_000);
      expect(await delay, form).toBeLessThanOrEqual(3_600_000);
      handle.cancel();
      await expect(handle.result, form).rejects.toThrow("cancelled");
    }
  });

  test("reads Retry-After of an error's `Headers`", async () => {
    await using executor = start();
    const delays: number[] = [];
    executor.addEventListener("retry", ({ detail }) => delays.push(detail.delay));
    const task = (_: null, { attempt }: TaskContext) => {
      const headers = new Headers({ "Retry-After": "0.02" });
      if (attempt === 1) throw Object.assign(new Error("busy"), { headers });
      return attempt;
    };
    expect(await executor.run(task, null, { retry: { attempts: 2, minDelay: 10_000 } })).toBe(2);
    expect(delays).toEqual([20]);
  });

  test("does not wait for a date that has passed", async () => {
    await using executor = start();
    const delays: number[] = [];
    executor.addEventListener("retry", ({ detail }) => delays.push(detail.delay));
    const task = (facts: object, { attempt }: TaskContext) => {
      if (attempt === 1) throw Object.assign(new Error("busy"), facts);
      return attempt;
    };
    const retry = { attempts: 2, minDelay: 10_000 };
    const facts = { retryAfter: "Wed, 21 Oct 2015 07:28:00 GMT" };
    expect(await executor.run(task, facts, { retry })).toBe(2);
    expect(delays).toEqual([0]);
  });

  test("tells of a `retryAfter` in no form that HTTP has, and waits as usual", async () => {
    await using executor = start();
    const told: unknown[] = [];
    executor.addEventListener("retryafterunknown", (event) => {
      event.preventDefault();
      told.push(event.detail.retryAfter);
    });
    const task = (facts: object, { attempt }: TaskContext) => {
      if (attempt === 1) throw Object.assign(new Error("busy"), facts);
      return attempt;
    };
    const retry = { attempts: 2, minDelay: 0, jitter: 0 };
    for (const retryAfter of ["soon", "soon 3", "", -1, "-1", NaN, {}, true, "Fri, 99 Foo"]) {
      expect(await executor.run(task, { retryAfter }, { retry })).toBe(2);
      expect(told.splice(0)).toEqual([retryAfter]);
    }
  });

  test.each([Infinity, 1e9])(
    "is not for one that is to wait longer than timers take: %s s",
    async (retryAfter) => {
      await using executor = start();
      const task = (facts: object) => {
        throw Object.assign(new Error("not this year"), facts);
      };
      const retry = { attempts: 2, pause: "all" } as const;
      await expect(executor.run(task, { retryAfter }, { retry })).rejects.toThrow("not this year");
      // Nor is anything paused until then.
      await expect(executor.run(task, {})).rejects.toThrow("not this year");
    },
  );

  test("waits no time at all, however often, if `minDelay` is 0", async () => {
    await using executor = start();
    const delays: number[] = [];
    executor.addEventListener("retry", ({ detail }) => delays.push(detail.delay));
    await executor.run(failUntil, 4, { retry: { attempts: 4, minDelay: 0, factor: Infinity } });
    expect(delays).toEqual([0, 0, 0]);
  });

  test("holds no slot while it waits", async () => {
    await using executor = start({ workers: 1, concurrency: 1 });
    const waits = new Promise((resolve) => executor.addEventListener("retry", resolve));
    const handle = executor.submit(failUntil, 2, {
      retry: { attempts: 2, minDelay: 60_000, maxDelay: 60_000 },
    });
    handle.result.catch(() => {});
    await waits;
    expect(handle.state).toBe("pending");
    expect(await executor.run("echo", "passes")).toBe("passes");
    expect(executor.stats()).toMatchObject({ pending: 1, retrying: 1, inFlight: 0 });
    handle.cancel(new Error("enough"));
    await expect(handle.result).rejects.toThrow("enough");
    expect(executor.stats()).toMatchObject({ pending: 0, retrying: 0 });
  });

  test("gives each attempt its own timeout, beside a body that would not stop", async () => {
    await using executor = start({ workers: 1, concurrency: 4, gracePeriod: 60_000 });
    const task = async (_: unknown, { attempt }: TaskContext) => {
      if (attempt < 3) await new Promise(() => {});
      return attempt;
    };
    const retry = { attempts: 3, ...QUICK };
    expect(await executor.run(task, 0, { timeout: 200, retry })).toBe(3);
    await expect(executor.run(task, 0, { timeout: 200, retry: { ...retry, attempts: 2 } })).rejects
      .toBeInstanceOf(TaskTimeoutError);
    // Their bodies never end.
    await executor.terminate();
  });

  test("is not for what cannot cross, what does not exist, streams, and what was transferred", async () => {
    await using executor = start({ retry: { attempts: 5, ...QUICK } });
    let retries = 0;
    executor.addEventListener("retry", () => void retries++);
    await expect(executor.run("echo", () => 1)).rejects.toMatchObject({ name: "TaskCloneError" });
    await expect(executor.run("unclonable", "plain")).rejects.toMatchObject({ name: "TaskCloneError" });
    await expect(executor.run("nothing" as "echo", 1)).rejects.toMatchObject({ name: "TaskNotFoundError" });
    await expect(Array.fromAsync(executor.stream("failing"))).rejects.toThrow("no third");
    const buffer = new ArrayBuffer(8);
    const task = () => {
      throw new Error("with a buffer");
    };
    await expect(executor.run(task, buffer as never, { transfer: [buffer] })).rejects.toThrow(
      "with a buffer",
    );
    expect(retries).toBe(0);
  });

  test("close() waits for it; terminate() does not", async () => {
    const executor = start({ retry: { attempts: 2, ...QUICK } });
    const result = executor.run(failUntil, 2);
    await executor.close();
    expect(await result).toMatchObject({ attempt: 2 });
    const other = start({ retry: { attempts: 2, minDelay: 60_000, maxDelay: 60_000 } });
    const waits = new Promise((resolve) => other.addEventListener("retry", resolve));
    const lost = other.run(failUntil, 2).catch((error) => error.name);
    await waits;
    await other.terminate();
    expect(await lost).toBe("ExecutorClosedError");
  });

  test("map() tells the attempts, and drops what waits when it is drained", async () => {
    await using executor = start({ retry: { attempts: 3, ...QUICK } });
    const outcomes = await executor.map(failUntil, [1, 2, 3, 4], { settled: true }).toArray();
    expect(outcomes.map(({ status, attempts }) => [status, attempts])).toEqual([
      ["fulfilled", 1],
      ["fulfilled", 2],
      ["fulfilled", 3],
      ["rejected", 3],
    ]);
    const drain = new AbortController();
    executor.addEventListener("retry", () => drain.abort(), { once: true });
    const drained = executor.map(failUntil, [2], { settled: true, drain: drain.signal });
    expect(await drained.toArray()).toEqual([]);
  });

  test.each([
    [{ attempts: 0 }, /retry\.attempts must be a whole number of at least 1/],
    [{ minDelay: -1 }, /retry\.minDelay must be a number of milliseconds/],
    [{ minDelay: 5, maxDelay: 4 }, /retry\.minDelay must be at most retry\.maxDelay \(4\), got 5/],
    [{ factor: 0.5 }, /retry\.factor must be a number, at least 1/],
    [{ jitter: 2 }, /retry\.jitter must be a number, from 0 to 1/],
    [{ when: "always" as never }, /retry\.when must be a function/],
  ])("refuses %o", (retry, message) => {
    expect(() => start({ retry })).toThrow(message);
  });
});

describe("a lost worker", () => {
  const DEADLY = { attempts: 9, ...QUICK };

  test("costs its tasks an attempt, and they run elsewhere", async () => {
    await using executor = startFixture("deadly.ts", { retry: DEADLY });
    const task = (_: unknown, { attempt }: TaskContext) => {
      if (attempt === 1) process.exit();
      return attempt;
    };
    expect(await executor.run(task)).toBe(2);
    expect(executor.stats().retries).toBe(1);
  });

  test("three times ends a task for good, the last time alone: no neighbour is lost with it", async () => {
    await using executor = startFixture("deadly.ts", { workers: 2, concurrency: 8, retry: DEADLY });
    const onWorkers: number[] = [];
    executor.addEventListener("workerlost", ({ detail }) => onWorkers.push(detail.tasks));
    const poison = executor.run("die", "process.exit").catch((error) => error);
    const others = executor.map("echo", Array.from({ length: 2_000 }, (_, i) => i)).toArray();
    const error = await poison;
    expect(error).toBeInstanceOf(WorkerLostError);
    expect(error.reason).toMatch(/this task was alone on it/);
    expect(await others).toHaveLength(2_000);
    expect(onWorkers).toHaveLength(3);
    expect(onWorkers[2]).toBe(1);
  });

  test("of tasks with keys: each is alone on the worker it belongs to, in its turn", async () => {
    // No worker that idles is stopped: nothing else would look at the queue again.
    await using executor = startFixture("deadly.ts", { workers: 2, retry: DEADLY, idleTimeout: Infinity });
    const task = async (_: unknown, { attempt }: TaskContext) => {
      // All of them have started when the first ends the worker.
      await new Promise((resolve) => setTimeout(resolve));
      if (attempt < 3) process.exit();
      // Meanwhile the other worker is ready, and nothing more is to come from it.
      await new Promise((resolve) => setTimeout(resolve, 200));
      return attempt;
    };
    const results = Array.from("abcdefgh", (key) => executor.run(task, key, { key }));
    expect(await Promise.all(results)).toEqual(Array.from("abcdefgh", () => 3));
  });

  test("keeps no worker free for a task that was cancelled", async () => {
    await using executor = startFixture("deadly.ts", { workers: 1 });
    const task = async (_: unknown, { attempt, signal }: TaskContext) => {
      if (attempt < 3) process.exit();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    };
    const { promise: lostTwice, resolve } = Promise.withResolvers<void>();
    executor.addEventListener("retry", ({ detail }) => {
      if (detail.attempt === 2) resolve();
    });
    // Time for another task to be there first; should it not do, this one waits on the worker instead.
    const suspect = executor.submit(task, 0, { retry: { attempts: 3, minDelay: 500, factor: 1, jitter: 0 } });
    await lostTwice;
    const wait = async (_: unknown, { signal }: TaskContext) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    };
    const neighbour = executor.submit(wait);
    await vi.waitFor(() => expect(executor.stats().retrying).toBe(0), 60_000);
    suspect.cancel();
    await expect(suspect.result).rejects.toThrow();
    expect(await executor.run("echo", "passes")).toBe("passes");
    neighbour.cancel();
    await expect(neighbour.result).rejects.toThrow();
  });

  test("of many poison inputs: all others succeed", async () => {
    await using executor = startFixture("deadly.ts", { workers: 2, concurrency: 8, retry: DEADLY });
    const task = async (n: number) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (n % 100 === 7) process.exit();
      return n;
    };
    const outcomes = await executor.map(task, Array.from({ length: 500 }, (_, i) => i), { settled: true })
      .toArray();
    const lost = outcomes.filter(({ status }) => status === "rejected").map(({ index }) => index);
    expect(lost).toEqual([7, 107, 207, 307, 407]);
  });

  // On processes, because a thread of Deno would loop on after the test.
  test("that an endless loop blocked until its timeout: what the loop held up succeeds", async () => {
    await using executor = startFixture("deadly.ts", {
      isolation: "process",
      concurrency: 8,
      timeout: 1_000,
      gracePeriod: 50,
      retry: { losses: 2, ...QUICK },
    });
    const task = async (n: number) => {
      // The others started with it are still waiting when it begins to loop.
      await new Promise((resolve) => setTimeout(resolve, n === 7 ? 10 : 200));
      for (; n === 7;);
      return n;
    };
    const outcomes = await executor.map(task, Array.from({ length: 60 }, (_, i) => i), { settled: true })
      .toArray();
    const failed = outcomes.filter(({ status }) => status === "rejected");
    expect(failed).toMatchObject([{
      index: 7,
      // On a busy machine, it may start later than the others. Then its first worker is lost before its own time is over.
      attempts: expect.toBeOneOf([2, 3]),
      reason: {
        name: "TaskTimeoutError",
        blocked: true,
        message: expect.stringContaining("it, or another task there, held"),
      },
    }]);
    expect(executor.stats().retries).toBeGreaterThan(1);
  });

  test("is no attempt, as far as `losses` allows", async () => {
    await using executor = startFixture("deadly.ts", { retry: { attempts: 1, losses: 2, ...QUICK } });
    const task = (dies: number, { attempt }: TaskContext) => {
      if (attempt <= dies) process.exit();
      throw new Error(`attempt ${attempt}`);
    };
    await expect(executor.run(task, 2)).rejects.toThrow("attempt 3");
    await expect(executor.run(task, 3)).rejects.toBeInstanceOf(WorkerLostError);
  });
});
