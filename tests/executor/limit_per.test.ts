/** `limitPer`: how many tasks of a kind are on workers at once, and who passes whom. */
import { describe, expect, test } from "vitest";
import { Executor, TaskTimeoutError } from "../../mod.ts";
import { conformance, startFixture } from "./backends.ts";
import { CountingServer } from "./limit_server.ts";

const get = async (url: string) => await (await fetch(url)).text();
const pathOf = (url: string) => new URL(url).pathname;

conformance("limitPer", (start) => {
  test("never has more of a kind on all workers, and lets others pass", async () => {
    const othersDone = Promise.withResolvers<void>();
    let others = 0;
    await using server = new CountingServer(({ url }) => url!, async (kind) => {
      if (kind !== "/slow") return;
      // Two of a kind that may have two, and nothing answered before all others were.
      await othersDone.promise;
    });
    const port = await server.listen();
    await using executor = start({ concurrency: 8, limitPer: { most: 2, key: pathOf } });
    const url = (path: string) => `http://127.0.0.1:${port}${path}`;
    const inputs = [
      ...Array.from({ length: 40 }, () => url("/slow")),
      ...Array.from({ length: 40 }, (_, n) => url(`/quick/${n % 4}`)),
    ];
    const results = executor.map(get, inputs, { ordered: false });
    let count = 0;
    for await (const result of results) {
      expect(result).toBe("ok");
      count++;
      if (++others === 40) othersDone.resolve();
    }
    expect(count).toBe(80);
    expect(server.most.get("/slow")).toBe(2);
    expect(Math.max(...server.most.values())).toBe(2);
  });

  test("counts a body that goes on after its task has timed out", async () => {
    const told = Promise.withResolvers<void>();
    let requests = 0;
    await using server = new CountingServer(() => "any", () => ++requests === 1 ? told.promise : undefined);
    const url = `http://127.0.0.1:${await server.listen()}/`;
    await using executor = start({ limitPer: { most: 1, key: () => "all" } });
    // It ignores its signal.
    await expect(executor.run(get, url, { timeout: 100, gracePeriod: 60_000 })).rejects.toThrow(
      TaskTimeoutError,
    );
    const next = executor.run(get, url);
    await executor.run("echo", 1, { priority: 1, signal: AbortSignal.timeout(50) }).catch(() => {});
    expect(executor.stats().pending).toBe(1);
    told.resolve();
    expect(await next).toBe("ok");
    expect(server.most.get("any")).toBe(1);
  });

  test("an attempt after the first takes a place as well", async () => {
    await using executor = start({
      limitPer: { most: 1, key: () => 1 },
      retry: { attempts: 3, minDelay: 0 },
    });
    const failTwice = async (_: unknown, { attempt }: { attempt: number }) => {
      const scope = globalThis as { running?: number };
      scope.running = (scope.running ?? 0) + 1;
      await new Promise((resolve) => setTimeout(resolve));
      if (scope.running > 1) return "two at once";
      scope.running--;
      if (attempt < 3) throw new Error("not yet");
      return attempt;
    };
    expect(await executor.map(failTwice, Array.from({ length: 10 }, () => 0)).toArray()).toEqual(
      Array(10).fill(3),
    );
  });

  test("the one after next goes when the next is cancelled as its place falls free", async () => {
    await using executor = start({ limitPer: { most: 1, key: () => "k" } });
    await executor.ready();
    const handles = [1, 2, 3].map((n) => executor.submit("echo", n));
    const second = handles[1].result.catch(() => "cancelled");
    // In the turn in which the first has ended, the second is the next and has no worker yet.
    await handles[0].result.then(() => handles[1].cancel());
    expect([await second, await handles[2].result]).toEqual(["cancelled", 3]);
  });

  test("has no limit for what has no key, and fails what has a key that throws", async () => {
    await using executor = start({
      concurrency: 4,
      limitPer: {
        most: 1,
        key: (n: number) => {
          if (n < 0) throw new RangeError("below zero");
          return undefined;
        },
      },
    });
    const outcomes = await executor.map("echo", [1, -1, 2], { settled: true }).toArray();
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    await expect(executor.run("echo", -1)).rejects.toThrow("below zero");
  });

  test("terminate() and close() end with tasks that wait", async () => {
    const closed = start({ limitPer: { most: 1, key: () => "k" } });
    const results = Promise.all([1, 2, 3, 4].map((n) => closed.run("echo", n)));
    await closed.close();
    expect(await results).toEqual([1, 2, 3, 4]);
    const ended = start({ limitPer: { most: 1, key: () => "k" } });
    const settled = Promise.allSettled([1, 2, 3, 4].map((n) => ended.run("sleep", 60_000 + n)));
    await ended.ready();
    await ended.terminate();
    expect((await settled).map(({ status }) => status)).toEqual(Array(4).fill("rejected"));
    expect(ended.stats()).toMatchObject({ pending: 0, inFlight: 0 });
  });
});

describe.each(["thread", "process"] as const)('limitPer on "%s"', (isolation) => {
  test("a lost worker gives its places back, and a suspect that runs alone gets one among many of its kind", async () => {
    await using executor = startFixture("deadly.ts", {
      isolation,
      limitPer: { most: 2, key: () => "k" },
      retry: { losses: 2, minDelay: 0 },
    });
    const [culprit, ...others] = await Promise.allSettled([
      executor.run("die", "process.exit"),
      ...Array.from({ length: 100 }, (_, n) => executor.run("echo", n)),
    ]);
    expect(culprit.status).toBe("rejected");
    expect(others.map((other) => other.status === "fulfilled" && other.value)).toEqual([...others.keys()]);
  });
});

test("a key that is neither a string nor a number fails its input alone", async () => {
  const keys: unknown[] = [1, NaN, "host", { host: 1 }, Promise.resolve("host"), undefined];
  const key = ((at: number) => keys[at]) as (input: unknown) => string;
  await using executor = new Executor(null, { isolation: "none", limitPer: { most: 1, key } });
  const outcomes = await executor.map((at: number) => at, keys.keys(), { settled: true }).toArray();
  expect(outcomes.map((outcome) => outcome.status === "fulfilled" ? outcome.value : outcome.reason.message))
    .toEqual([
      0,
      "What limitPer.key returns must be a string or a number, got NaN",
      2,
      "What limitPer.key returns must be a string or a number, got an Object",
      "What limitPer.key returns must be a string or a number, got a Promise",
      5,
    ]);
});

test.each([
  [{ most: 0, key: () => 1 }, "limitPer.most must be a whole number of at least 1, got 0"],
  [{ most: 1.5, key: () => 1 }, "limitPer.most must be a whole number"],
  [{ most: 1, key: "host" as unknown as () => string }, 'limitPer.key must be a function, got "host"'],
  [{ most: 1 } as { most: number; key: () => string }, "limitPer.key must be a function, got undefined"],
])("%j is refused", (limitPer, message) => {
  expect(() => new Executor(null, { limitPer })).toThrow(message);
});
