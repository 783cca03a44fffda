/** Conformance: pausing, waiting for there to be nothing to do, and asking what runs. */
import { expect, test } from "vitest";
import { conformance } from "./backends.ts";

/** Resolves when it is so. No event tells of these. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
}

conformance("an executor", (start) => {
  test("that is paused starts nothing, takes tasks in, and goes on where it was", async () => {
    await using executor = start({ workers: 1, concurrency: 2 });
    executor.pause();
    expect(executor.isPaused).toBe(true);
    const tasks = [1, 2, 3].map((n) => executor.submit("echo", n));
    const stream = executor.stream("letters", "ab").next();
    const mapped = executor.map("echo", [1, 2, 3]).toArray();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(tasks.map(({ state }) => state)).toEqual(["pending", "pending", "pending"]);
    expect(executor.stats()).toMatchObject({ pending: 7, inFlight: 0, workers: [] });
    executor.resume();
    expect(executor.isPaused).toBe(false);
    expect(await Promise.all(tasks.map(({ result }) => result))).toEqual([1, 2, 3]);
    expect(await stream).toEqual({ done: false, value: "a" });
    expect(await mapped).toEqual([1, 2, 3]);
  });

  test("that is paused takes back what was sent ahead, and finishes what runs", async () => {
    await using executor = start({ workers: 1, concurrency: 1 });
    // Quick ones first, so that others are sent ahead.
    await executor.map("echo", Array.from({ length: 3_000 }, (_, i) => i)).toArray();
    const blocker = executor.submit("untilAborted", undefined);
    await until(() => blocker.state === "running");
    const seen: unknown[] = [];
    const all = (async () => {
      for await (const name of executor.map("remember", ["a", "b", "c"])) seen.push(name);
    })();
    executor.pause();
    await until(() => executor.stats().inFlight === 1);
    blocker.cancel();
    await until(() => executor.stats().inFlight === 0);
    expect(executor.stats().pending).toBe(3);
    // A new level does not end the pause.
    executor.setConcurrency(4);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(executor.stats()).toMatchObject({ pending: 3, inFlight: 0 });
    expect(seen).toEqual([]);
    executor.resume();
    await all;
    expect(seen).toHaveLength(3);
  });

  test("that is paused is closed all the same, and then cannot be paused", async () => {
    const executor = start({ workers: 1 });
    executor.pause();
    const task = executor.run("echo", 1);
    const closing = executor.close();
    executor.pause();
    await closing;
    expect(await task).toBe(1);
    const dropped = start({ workers: 1 });
    dropped.pause();
    const waiting = dropped.run("echo", 1).catch((error: Error) => error.name);
    await dropped.close({ pending: "cancel" });
    expect(await waiting).toBe("ExecutorClosedError");
  });

  test("tells by onIdle() and the event that nothing is pending or in flight", async () => {
    await using executor = start({ workers: 1, concurrency: 2, retry: { attempts: 2, minDelay: 5 } });
    await executor.onIdle();
    let idle = 0;
    executor.addEventListener("idle", () => idle++);
    const settled: string[] = [];
    executor.run("sleep", 20).then(() => settled.push("sleep"));
    executor.run("fail", "twice").catch(() => settled.push("fail"));
    // The body goes on after the task has failed, or has ended before that was seen.
    const late = () => settled.push("timeout");
    executor.run("stubborn", 60, { timeout: 5, retry: { attempts: 1 } }).then(late, late);
    executor.map("echo", [1, 2, 3]).toArray().then(() => settled.push("map"));
    await Promise.all([executor.onIdle(), executor.onIdle()]);
    expect(settled.sort()).toEqual(["fail", "map", "sleep", "timeout"]);
    expect(executor.stats()).toMatchObject({ pending: 0, inFlight: 0 });
    expect(idle).toBe(1);
    executor.pause();
    const waiting = executor.run("echo", 1).catch((error: Error) => error.name);
    const rest = executor.onIdle();
    await executor.terminate();
    await rest;
    expect(await waiting).toBe("ExecutorClosedError");
  });

  test("lists what is on its workers", async () => {
    await using executor = start({ workers: 1, concurrency: 4 });
    expect(executor.running()).toEqual([]);
    const run = executor.submit("untilAborted", undefined);
    const results = executor.map("sleep", [60_000, 60_000]);
    void results.next().catch(() => {});
    await until(() => executor.stats().inFlight === 3);
    // Looked at as soon as it has timed out: its body ends a little later.
    const left = executor.run("stubborn", 1_500, { timeout: 10 });
    await expect(left).rejects.toMatchObject({ name: "TaskTimeoutError" });
    const running = executor.running();
    expect(running.map(({ task, index, settled }) => [task, index, settled])).toEqual(
      expect.arrayContaining([
        ["untilAborted", undefined, false],
        ["stubborn", undefined, true],
        ["sleep", 0, false],
        ["sleep", 1, false],
      ]),
    );
    expect(running.find(({ task }) => task === "untilAborted")).toMatchObject({
      taskId: run.id,
      workerId: 1,
    });
    expect(running.every(({ ms }) => ms >= 0)).toBe(true);
    await results.return();
    run.cancel();
    await executor.onIdle();
    expect(executor.running()).toEqual([]);
  });
});
