/** Conformance: `retry.pause`, by which an error's `retryAfter` holds for other tasks, too. */
import { describe, expect, test } from "vitest";
import { Executor, ExecutorClosedError, type TaskContext, TaskTimeoutError } from "../../mod.ts";
import { conformance } from "./backends.ts";
import { LimitingServer } from "./limit_server.ts";

/** One input. The one with `retryAfter` fails at its first attempt. */
interface Request {
  n: number;
  host?: string;
  retryAfter?: number | string;
}

/** When its body began, in milliseconds since 1970. */
const request = async ({ retryAfter }: Request, { attempt }: TaskContext) => {
  const at = performance.timeOrigin + performance.now();
  await new Promise((resolve) => setTimeout(resolve, 2));
  if (retryAfter !== undefined && attempt === 1) throw Object.assign(new Error("busy"), { retryAfter });
  return at;
};

const now = () => performance.timeOrigin + performance.now();
const requests = (count: number, more: (n: number) => Partial<Request> = () => ({})): Request[] =>
  Array.from({ length: count }, (_, n) => ({ n, ...more(n) }));

const get = async (url: string) => {
  const response = await fetch(url);
  const text = await response.text();
  if (response.ok) return text;
  throw Object.assign(new Error(`HTTP ${response.status}`), {
    retryAfter: response.headers.get("retry-after"),
  });
};

conformance("retry.pause", (start) => {
  const RETRY = { attempts: 2, minDelay: 1, jitter: 0 };

  test('"all": nothing starts before that time, the failed task included, and then one after another', async () => {
    const four = Promise.withResolvers<void>();
    const paused = Promise.withResolvers<void>();
    const arrivals: number[] = [];
    let opens = 0;
    await using server = new LimitingServer(async (url) => {
      if (arrivals.push(performance.now()) === 4) four.resolve();
      await four.promise;
      if (url !== "/2" || arrivals.length > 4) return await paused.promise;
      opens = performance.now() + 400;
      return 0.4;
    });
    const port = await server.listen();
    await using executor = start({ concurrency: 2, retry: { ...RETRY, pause: "all" } });
    executor.addEventListener("pause", ({ detail: { key, delay, index } }) => {
      expect([key, delay, index]).toEqual([undefined, 400, 2]);
      paused.resolve();
    });
    const urls = Array.from({ length: 16 }, (_, n) => `http://127.0.0.1:${port}/${n}`);
    expect(await executor.map(get, urls).toArray()).toEqual(Array(16).fill("ok"));
    const later = arrivals.slice(4);
    expect(later).toHaveLength(13);
    expect(Math.min(...later)).toBeGreaterThanOrEqual(opens);
    // Eight in the time of the pause, and five in half of it.
    expect(later[12] - opens).toBeGreaterThanOrEqual(400);
    expect(executor.stats()).toMatchObject({ succeeded: 16, retries: 1, pausedMs: 0 });
  });

  test('"key": only tasks with the same key of limitPer wait', async () => {
    await using executor = start({
      concurrency: 8,
      retry: { ...RETRY, pause: "key" },
      limitPer: { most: 1, key: (input) => (input as Request).host },
    });
    const paused = new Promise<unknown>((resolve) => {
      executor.addEventListener("pause", ({ detail: { key, delay } }) => resolve([key, delay]));
    });
    await executor.ready();
    const inputs = requests(12, (n) => n === 0 ? { host: "a", retryAfter: 30 } : { host: "ab"[n % 2] });
    const outcomes = executor.map(request, inputs, { ordered: false, settled: true });
    const done: number[] = [];
    for await (const outcome of outcomes) {
      done.push(outcome.index);
      if (done.length < 6) continue;
      expect(await paused).toEqual(["a", 30_000]);
      expect(executor.stats()).toMatchObject({ pausedKeys: 1, pausedMs: 0, pending: 6 });
      break;
    }
    expect(done.sort((one, other) => one - other)).toEqual([1, 3, 5, 7, 9, 11]);
    expect(executor.stats().pending).toBe(0);
  });

  test("tasks of a key start again after its pause, and every task settles once", async () => {
    await using executor = start({
      retry: { ...RETRY, pause: "key" },
      limitPer: { most: 1, key: (input) => (input as Request).host },
    });
    let closed = 0;
    executor.addEventListener("pause", () => closed = now());
    const inputs = requests(
      14,
      (n) => n === 0 ? { host: "a", retryAfter: "0.3" } : { host: n < 10 ? "a" : "b" },
    );
    const at = await executor.map(request, inputs).toArray();
    // The event comes a moment later than the pause, and the clocks of two threads may differ a little.
    expect(Math.min(...at.slice(0, 10)) - closed).toBeGreaterThanOrEqual(200);
    expect(executor.stats()).toMatchObject({
      succeeded: 14,
      retries: 1,
      pending: 0,
      inFlight: 0,
      pausedKeys: 0,
    });
  });

  test("also holds if the task is not tried again, and tasks that wait can be cancelled", async () => {
    const executor = start({ workers: 1, concurrency: 1, retry: { pause: "key" } });
    const failed = executor.run(request, {
      n: 0,
      retryAfter: new Date(Date.now() + 3_600_000).toUTCString(),
    });
    await expect(failed).rejects.toThrow("busy");
    expect(executor.stats().pausedMs).toBeGreaterThan(3_000_000);
    const controller = new AbortController();
    const cancelled = executor.run(request, { n: 1 }, { signal: controller.signal });
    const late = executor.run(request, { n: 2 }, { queueTimeout: 20 });
    controller.abort("no more");
    await expect(cancelled).rejects.toBe("no more");
    await expect(late).rejects.toThrow(TaskTimeoutError);
    // A pause of the program's own ends, and the other one does not.
    executor.pause();
    const waiting = executor.submit(request, { n: 3 });
    executor.resume();
    await new Promise((resolve) => setTimeout(resolve));
    expect(waiting.state).toBe("pending");
    waiting.result.catch(() => {});
    await executor.close({ timeout: 10 });
    await expect(waiting.result).rejects.toThrow(ExecutorClosedError);
  });

  test("tasks that were sent ahead come back", async () => {
    await using executor = start({ workers: 1, concurrency: 1, retry: { pause: "all" } });
    // Quick ones first, so that others are sent ahead.
    await executor.map("echo", Array.from({ length: 3_000 }, (_, n) => n)).toArray();
    let pauses = 0;
    executor.addEventListener("pause", () => pauses++);
    const rest = executor.map(request, requests(200, (n) => n === 0 ? { retryAfter: 3_600 } : {}), {
      settled: true,
    });
    expect(await rest.next()).toMatchObject({ value: { status: "rejected" } });
    expect(pauses).toBe(1);
    while (executor.stats().inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(executor.stats().succeeded).toBeLessThan(3_100);
    expect(executor.stats().pending).toBeGreaterThan(0);
    await executor.terminate();
  });

  test("holds for an executor that takes over the limits", async () => {
    const limits = {
      limitPer: { most: 1, key: ({ host }: Request) => host },
      retry: { attempts: 1, pause: "key" as const },
    };
    await using before = start(limits);
    const refused = requests(2, (n) => ({ retryAfter: 3600, host: n === 0 ? "a" : undefined }));
    for (const one of refused) await before.run(request, one).catch(() => {});
    await using executor = start(limits);
    executor.core.takeOver(JSON.parse(JSON.stringify(before.core.limits())));
    expect(executor.stats()).toMatchObject({ pausedKeys: 1 });
    expect(executor.stats().pausedMs).toBeGreaterThan(3_000_000);
  });

  test("off by default", async () => {
    await using executor = start({ retry: RETRY });
    let pauses = 0;
    executor.addEventListener("pause", () => pauses++);
    const inputs = requests(8, (n) => n === 0 ? { retryAfter: 0.05 } : {});
    await executor.map(request, inputs).toArray();
    expect(pauses).toBe(0);
  });
});

describe("retry.pause", () => {
  test.each([[true], ["both"], [null], [1]])("%j is refused", (pause) => {
    const options = { retry: { pause: pause as never } };
    expect(() => new Executor(null, options)).toThrow('retry.pause must be "all", "key" or false');
  });
});
