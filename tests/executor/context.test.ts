import { AsyncLocalStorage } from "node:async_hooks";
import { expect, test } from "vitest";
import { Executor, type ExecutorOptions, type Movable } from "../../mod.ts";
import { conformance } from "./backends.ts";

type Tasks = typeof import("./fixtures/contexts.ts");

const MODULE = new URL("./fixtures/contexts.ts", import.meta.url);

const user = new AsyncLocalStorage<string>();
const BOB = "request 2 (bob)";

conformance("contexts", (_, isolation) => {
  /** An executor whose worker was started by somebody else's request. */
  async function started(options?: ExecutorOptions): Promise<Executor<Tasks>> {
    const executor = new Executor<Tasks>(MODULE, { workers: 1, concurrency: 4, isolation, ...options });
    await user.run("request 1 (alice)", () => executor.run("echo", 0));
    return executor;
  }

  test("the caller's functions run in the context of their call", async () => {
    const seen: Record<string, Set<string | undefined>> = {};
    const see = (who: string) => void (seen[who] ??= new Set()).add(user.getStore());
    await using executor = await started({
      limitPer: { most: 2, key: (input) => (see("limitPer.key"), String(input)) },
      retry: { attempts: 1, when: () => (see("default when"), true), minDelay: 1 },
    });
    seen["limitPer.key"].clear();
    function* source() {
      try {
        for (let n = 0; n < 20; n++) yield (see("source"), n);
      } finally {
        see("source's end");
      }
    }
    async function* asyncSource() {
      try {
        for (let n = 0; n < 20; n++) yield (see("async source"), n);
      } finally {
        see("async source's end");
      }
    }
    await user.run(BOB, async () => {
      await executor.run("report", 3, { onProgress: () => see("onProgress") });
      await executor.submit("report", 3, { onProgress: () => see("onProgress of submit") }).result;
      const retry = { attempts: 2, minDelay: 1, when: () => (see("when"), true) };
      await expect(executor.run("fail", undefined, { retry })).rejects.toThrow("on purpose");
      await executor.map("fail", [1], {
        retry: { ...retry, when: () => (see("when of map"), true) },
        settled: true,
      })
        .toArray();
      for (let n = 0; n < 3; n++) {
        await expect(executor.run("fail", undefined, { retry: { attempts: 2 } })).rejects.toThrow(
          "on purpose",
        );
      }
      const transfer = () => (see("transfer"), [] as Movable[]);
      await executor.map("echo", source(), { window: 3, transfer }).toArray();
      await executor.map("echo", asyncSource(), { window: 3 }).toArray();
      for await (const _ of executor.map("echo", source(), { window: 3 })) break;
    });
    expect(Object.keys(seen).sort()).toEqual([
      "async source",
      "async source's end",
      "default when",
      "limitPer.key",
      "onProgress",
      "onProgress of submit",
      "source",
      "source's end",
      "transfer",
      "when",
      "when of map",
    ]);
    for (const [who, stores] of Object.entries(seen)) expect([who, ...stores]).toEqual([who, BOB]);
  });

  test("calls of run() that are alike have contexts of their own, also for the default retry.when", async () => {
    const seen: unknown[] = [];
    await using executor = await started({
      retry: { attempts: 2, minDelay: 1, when: () => (seen.push(user.getStore()), false) },
    });
    const names = ["carol", "dave", "erin", "frank"];
    await Promise.allSettled(names.map((name) => user.run(name, () => executor.run("fail"))));
    expect(seen.sort()).toEqual(names);
  });

  test("a source that waits, and is stopped by someone else's signal, is closed in the context of map()", async () => {
    await using executor = await started();
    const closed = Promise.withResolvers<unknown>();
    const controller = new AbortController();
    const inputs = {
      next: () => new Promise<IteratorResult<number>>(() => {}),
      return:
        () => (closed.resolve(user.getStore()), Promise.resolve({ done: true as const, value: undefined })),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
    const all = user.run(BOB, () => executor.map("echo", inputs, { signal: controller.signal }).toArray());
    user.run("request 3", () => controller.abort());
    await expect(all).rejects.toThrow();
    expect(await closed.promise).toBe(BOB);
  });

  test("a listener runs in the context in which it was added, and can be removed", async () => {
    await using executor = await started();
    const seen: string[] = [];
    const see = (event: Event) => void seen.push(`${event.type} ${user.getStore()}`);
    const object = {
      handleEvent: (event: Event) => void seen.push(`object ${user.getStore()} ${event.type}`),
    };
    const failing = () =>
      user.run(BOB, () => executor.run("fail", undefined, { retry: { attempts: 2, minDelay: 1 } }))
        .catch(() => {});
    user.run("the server's own", () => {
      executor.addEventListener("retry", see);
      executor.addEventListener("retry", see);
      executor.addEventListener("retry", object, { once: true });
    });
    await failing();
    expect(seen.splice(0)).toEqual(["retry the server's own", "object the server's own retry"]);
    executor.removeEventListener("retry", see);
    await failing();
    expect(seen).toEqual([]);
    user.run("later", () => executor.addEventListener("retry", see, { once: true }));
    user.run("later still", () => executor.addEventListener("retry", object));
    await failing();
    user.run("again", () => executor.addEventListener("retry", see));
    await failing();
    expect(seen).toEqual([
      "retry later",
      "object later still retry",
      "object later still retry",
      "retry again",
    ]);
  });

  test("a body sees no store of a neighbour's, nor of a caller's", async () => {
    await using executor = await started();
    const names = Array.from({ length: 12 }, (_, at) => `body ${at}`);
    await user.run(BOB, async () => {
      const batch = await Promise.all(names.map((name) => executor.run("enter", name)));
      expect(new Set(batch)).toEqual(new Set(["undefined"]));
      expect(new Set(await executor.map("enter", names).toArray())).toEqual(new Set(["undefined"]));
      expect(await executor.map("enterAndWait", names).toArray())
        .toEqual(names.map((name) => ["undefined", name]));
      expect(await executor.map("enterAndYield", names).toArray())
        .toEqual(names.map((name) => ["undefined", name]));
      expect(await Array.fromAsync(executor.stream("enterAndYield", "streamed"))).toEqual([
        "undefined",
        "streamed",
      ]);
    });
  });

  test("a body's abort listeners run in the body's context", async () => {
    await using executor = await started();
    const listening = Promise.withResolvers<unknown>();
    const handle = executor.submit("hearAbort", "my own", { onProgress: listening.resolve });
    await listening.promise;
    user.run(BOB, () => handle.cancel());
    await expect(handle.result).rejects.toThrow();
    expect(await executor.run("seen")).toBe("my own");
  });
});
