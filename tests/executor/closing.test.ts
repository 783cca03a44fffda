/** Conformance: once an executor is closed, whoever waited has been told, and nothing runs. */
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Executor, ExecutorClosedError } from "../../mod.ts";
import { conformance } from "./backends.ts";

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Yields these, and then nothing until it is told to go on. */
function pausing(values: number[], after: number[] = []) {
  const reached = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  async function* source() {
    yield* values;
    reached.resolve();
    await goOn.promise;
    yield* after;
  }
  return { source: source(), reached: reached.promise, goOn: goOn.resolve };
}

conformance("closing", (start, isolation) => {
  /** A file that grows as long as a body runs. */
  async function beating(): Promise<
    { file: string; executor: Executor<typeof import("./fixtures/beats.ts")> }
  > {
    const file = join(await mkdtemp(join(tmpdir(), "beats-")), "beats");
    await writeFile(file, "");
    const module = new URL("./fixtures/beats.ts", import.meta.url);
    return { file, executor: new Executor(module, { isolation, workers: 1, concurrency: 4 }) };
  }

  /** How much a file grows in a while. */
  async function growth(file: string): Promise<number> {
    const before = await readFile(file);
    await new Promise((resolve) => setTimeout(resolve, 30));
    return (await readFile(file)).length - before.length;
  }

  test("close() finishes maps that are being read, however many inputs they have", async () => {
    const executor = start();
    const counts = [10, 60, 100, 1_000, 10_000];
    const arrays = counts.map((count) => executor.map("echo", upTo(count)).toArray());
    const seen: unknown[] = [];
    const loop = (async () => {
      for await (const value of executor.map("echo", pausing(upTo(500)).source)) {
        if (seen.push(value) === 500) break;
      }
    })();
    const slow = (async () => {
      let read = 0;
      for await (const _ of executor.map("echo", upTo(100), { window: 2, timeout: 60_000 })) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        read++;
      }
      return read;
    })();
    await executor.close();
    expect(await Promise.all(arrays)).toEqual(counts.map(upTo));
    await loop;
    expect(seen).toEqual(upTo(500));
    expect(await slow).toBe(100);
  });

  test("close() pulls on a source that has nothing at the moment", async () => {
    const executor = start();
    const { source, reached, goOn } = pausing([1, 2], upTo(200));
    const all = executor.map("echo", source).toArray();
    await reached;
    const closing = executor.close();
    await expect(executor.run("echo", 1)).rejects.toBeInstanceOf(ExecutorClosedError);
    goOn();
    await closing;
    expect(await all).toEqual([1, 2, ...upTo(200)]);
  });

  test("terminate() and close({ timeout }) tell who waits for a source that has nothing", async () => {
    for (const how of ["terminate", "close"] as const) {
      const executor = start();
      const told: string[] = [];
      const sources = [pausing([1, 2]), pausing([]), pausing([1, 2])];
      const tell = (name: string) => ({ name: error }: Error) => void told.push(`${name}: ${error}`);
      executor.map("echo", sources[0].source).toArray().catch(tell("toArray"));
      executor.map("echo", sources[1].source).next().catch(tell("next"));
      (async () => {
        for await (const _ of executor.map("echo", sources[2].source, { settled: true }));
      })().catch(tell("loop"));
      await Promise.all(sources.map(({ reached }) => reached));
      await (how === "close" ? executor.close({ timeout: 20 }) : executor.terminate());
      expect(told.sort()).toEqual([
        "loop: ExecutorClosedError",
        "next: ExecutorClosedError",
        "toArray: ExecutorClosedError",
      ]);
    }
  });

  test("close() ends maps that nobody reads; the results that they have can be read later, then the error", async () => {
    const executor = start();
    const results = executor.map("echo", pausing(upTo(20)).source);
    expect(await results.next()).toEqual({ done: false, value: 0 });
    const unread = executor.map("echo", [1]);
    const complete = executor.map("echo", [1, 2, 3]);
    await complete.next();
    await executor.close();
    const seen: unknown[] = [];
    await expect((async () => {
      for await (const value of results) seen.push(value);
    })()).rejects.toBeInstanceOf(ExecutorClosedError);
    // How far it had come is a matter of time.
    expect(seen).toEqual(upTo(20).slice(1, 1 + seen.length));
    await expect(unread.next()).rejects.toBeInstanceOf(ExecutorClosedError);
    expect(await complete.toArray()).toEqual([2, 3]);
  });

  if (isolation === "none") {
    test("a loop whose body waits for close() is not waited for", async () => {
      const executor = start();
      let closed = 0;
      const loop = (async () => {
        for await (const _ of executor.map("echo", upTo(100_000))) {
          if (closed++ === 0) await executor.close();
        }
      })();
      await expect(loop).rejects.toBeInstanceOf(ExecutorClosedError);
      expect(closed).toBeGreaterThan(1);
    });
  }

  test("close({ pending: 'cancel' }) drops what waits and finishes what runs", async () => {
    const executor = start({ workers: 1, concurrency: 2 });
    await executor.ready();
    const blocker = executor.submit("untilAborted", undefined);
    const failed = Promise.withResolvers<void>();
    executor.addEventListener("retry", () => failed.resolve());
    const retried = executor.run("fail", "later", {
      retry: { attempts: 2, minDelay: 60_000, maxDelay: 60_000 },
    });
    await failed.promise;
    const running = executor.run("sleep", 50);
    const waiting = [executor.run("echo", 1), executor.run("sleep", 60_000, { timeout: 120_000 })];
    const outcomes = Promise.allSettled([running, retried, ...waiting]);
    const mapped = executor.map("echo", upTo(1_000), { settled: true });
    const read: unknown[] = [];
    const loop = (async () => {
      for await (const { status } of mapped) read.push(status);
    })();
    while (executor.stats().inFlight < 2) await new Promise((resolve) => setTimeout(resolve));
    const closing = executor.close({ pending: "cancel" });
    await expect(loop).rejects.toBeInstanceOf(ExecutorClosedError);
    expect(
      (await outcomes).map((outcome) => outcome.status === "fulfilled" ? outcome.value : outcome.reason.name),
    )
      .toEqual([50, "ExecutorClosedError", "ExecutorClosedError", "ExecutorClosedError"]);
    expect(read).not.toContain("fulfilled");
    expect(blocker.state).toBe("running");
    blocker.cancel();
    await closing;
    await expect(executor.close({ pending: "drop" as never })).rejects.toThrow(/"finish" or "cancel"/);
  });

  test("close({ pending: 'cancel' }) cuts a close() short that finishes", async () => {
    const executor = start({ workers: 1, concurrency: 1 });
    const tasks = Promise.allSettled([20, 60_000, 60_000].map((ms) => executor.run("sleep", ms)));
    while (executor.stats().inFlight === 0) await new Promise((resolve) => setTimeout(resolve));
    const closing = executor.close();
    await executor.close({ pending: "cancel" });
    await closing;
    expect((await tasks).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
  });

  test("close() ends a stream that nobody reads, and runs what waits for its slot", async () => {
    const executor = start({ workers: 1, concurrency: 1 });
    const stream = executor.stream("numbers", Infinity);
    await stream.next();
    const waiting = executor.run("echo", "behind it");
    await executor.close();
    expect(await waiting).toBe("behind it");
    const seen: number[] = [];
    await expect((async () => {
      for await (const n of stream) seen.push(n);
    })()).rejects.toBeInstanceOf(ExecutorClosedError);
    expect(seen).toEqual(upTo(64).slice(1));
  });

  test("close() finishes a stream that is being read; terminate() tells who waits for a value", async () => {
    const executor = start();
    const all = Array.fromAsync(executor.stream("numbers", 1_000));
    await executor.close();
    expect(await all).toEqual(upTo(1_000));
    const other = start();
    const stream = other.stream("untilAborted", undefined);
    const value = stream.next().catch((error: Error) => error.name);
    while (other.stats().inFlight === 0) await new Promise((resolve) => setTimeout(resolve));
    await other.terminate();
    expect(await value).toBe("ExecutorClosedError");
    await expect(other.stream("numbers", 1).next()).rejects.toBeInstanceOf(ExecutorClosedError);
  });

  test("after terminate(), no body runs, and a promise that is read only then is no unhandled rejection", async () => {
    const { file, executor } = await beating();
    const tasks = [1, 2, 3].map(() => executor.run("beat", { file, ms: 800 }));
    const stream = executor.stream("beats", { file, ms: 800 });
    await stream.next();
    await executor.terminate();
    // Not in a later turn: then they would be rejections that nobody has handled.
    const outcomes = await Promise.allSettled(tasks);
    expect(await growth(file)).toBe(0);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  });

  test("after close(), no body runs whose worker was given up", async () => {
    const { file, executor } = await beating();
    const task = executor.run("beat", { file, ms: 800 }, { timeout: 10, gracePeriod: 10 });
    await expect(task).rejects.toMatchObject({ name: "TaskTimeoutError" });
    await executor.close();
    expect(await growth(file)).toBe(0);
  });

  test("a map that is left waits for every body, those of tasks that had failed before included", async () => {
    await using executor = start({ workers: 1, concurrency: 4 });
    await executor.ready();
    const left = () => executor.stats().inFlight;
    // Timed out, and its outcome read. A busy machine may take half a second until it is known that the body runs.
    {
      await using results = executor.map("stubborn", [1_000], { settled: true, timeout: 10 });
      expect(await results.next()).toMatchObject({ value: { status: "rejected" } });
    }
    expect(left()).toBe(0);
    // Timed out, and waiting for its next attempt.
    const retry = { attempts: 3, minDelay: 60_000, maxDelay: 60_000 };
    const waiting = Promise.withResolvers<void>();
    executor.addEventListener("retry", () => waiting.resolve());
    // The other's has none: on a busy machine, it may take as long.
    const timeout = (ms: number) => ms > 1 ? 20 : undefined;
    const retried = executor.map("stubborn", [1_000, 1], { ordered: false, timeout, retry });
    await retried.next();
    await waiting.promise;
    await retried.return();
    expect(left()).toBe(0);
    // Cancelled by its signal.
    const controller = new AbortController();
    const cancelled = executor.map("stubborn", [1_000], { signal: controller.signal });
    const next = expect(cancelled.next()).rejects.toBe("stop");
    while (left() === 0) await new Promise((resolve) => setTimeout(resolve));
    controller.abort("stop");
    await next;
    expect(left()).toBe(1);
    await cancelled.return();
    expect(left()).toBe(0);
    // Ended by another's failure.
    const failing = executor.map(
      async (ms: number) => {
        if (ms === 0) throw new Error("first");
        await new Promise((resolve) => setTimeout(resolve, ms));
      },
      [150, 0],
      { ordered: false },
    );
    await expect(failing.next()).rejects.toThrow("first");
    await failing.return();
    expect(left()).toBe(0);
  });

  test("a stream that is left waits for its body, also after a timeout", async () => {
    await using executor = start({ workers: 1 });
    const stream = executor.stream("stubborn", 1_000, { timeout: 10 });
    await expect(stream.next()).rejects.toMatchObject({ name: "TaskTimeoutError" });
    await stream.return();
    expect(executor.stats().inFlight).toBe(0);
  });

  test("cancel() tells whether it did, and what nobody reads is no unhandled rejection", async () => {
    const executor = start({ workers: 1, concurrency: 1 });
    const running = executor.submit("untilAborted", undefined);
    const waiting = executor.submit("echo", 1);
    const done = executor.submit("echo", 2, { priority: 1 });
    expect(waiting.cancel()).toBe(true);
    expect(waiting.cancel()).toBe(false);
    expect(running.cancel("enough")).toBe(true);
    await done.result;
    expect(done.cancel()).toBe(false);
    expect(await done.result).toBe(2);
    // Vitest fails of a rejection that is found unhandled by then.
    await executor.close();
  });
});
