/** Conformance: cancelling, timeouts, and what they leave running. */
import { expect, test } from "vitest";
import { TaskTimeoutError } from "../../mod.ts";
import { conformance } from "./backends.ts";

/** Resolves when the task has reported its first progress. */
function started(): { onProgress: (value: unknown) => void; started: Promise<unknown> } {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  return { onProgress: resolve, started: promise };
}

conformance("cancelling", (start, isolation) => {
  test("a task that waits rejects with the reason and never runs", async () => {
    await using executor = start({ workers: 1, concurrency: 1 });
    const blocker = executor.submit("untilAborted", undefined);
    const controller = new AbortController();
    const waiting = executor.run("remember", "cancelled", { signal: controller.signal });
    const reason = new Error("changed my mind");
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    blocker.cancel();
    await expect(blocker.result).rejects.toMatchObject({ name: "AbortError" });
    expect(await executor.run("remember", "after")).not.toContain("cancelled");
  });

  test("a task that runs rejects at once, and its own signal aborts with the reason", async () => {
    await using executor = start();
    const { onProgress, started: running } = started();
    const handle = executor.submit("untilAborted", undefined, { onProgress });
    await running;
    expect(handle.state).toBe("running");
    const reason = new DOMException("enough", "AbortError");
    handle.cancel(reason);
    await expect(handle.result).rejects.toBe(reason);
    expect(handle.state).toBe("settled");
    handle.cancel();
  });

  test("a signal that has aborted already rejects without running anything", async () => {
    await using executor = start();
    await expect(executor.run("echo", 1, { signal: AbortSignal.abort("no") })).rejects.toBe("no");
    expect(executor.stats().workers).toEqual([]);
  });

  test("one signal cancels ten thousand tasks", async () => {
    await using executor = start();
    const controller = new AbortController();
    const tasks = Array.from(
      { length: 10_000 },
      () => executor.run("sleep", 60_000, { signal: controller.signal }),
    );
    await executor.run("echo", 1, { priority: 1 }).then(() => controller.abort("stop"));
    const outcomes = await Promise.allSettled(tasks);
    expect(outcomes.every((outcome) => outcome.status === "rejected" && outcome.reason === "stop")).toBe(
      true,
    );
    expect(await executor.run("echo", "goes on")).toBe("goes on");
  });

  test("a timeout rejects with the task's name and limit, and frees the slot when the body ends", async () => {
    await using executor = start({ workers: 1, concurrency: 1 });
    const error = await executor.run("sleep", 60_000, { timeout: 20 }).catch((error) => error);
    expect(error).toBeInstanceOf(TaskTimeoutError);
    expect(error).toMatchObject({ task: "sleep", timeout: 20, phase: "run", blocked: false });
    expect(await executor.run("echo", 1)).toBe(1);
  });

  test("a body that ignores its signal keeps its slot until it ends", async () => {
    await using executor = start({ workers: 1, concurrency: 1 });
    const late = executor.run("stubborn", 1_000, { timeout: 10 });
    const next = executor.submit("echo", "next");
    await expect(late).rejects.toBeInstanceOf(TaskTimeoutError);
    expect(next.state).toBe("pending");
    expect(executor.stats().inFlight).toBe(1);
    expect(await next.result).toBe("next");
  });

  test("a body that outstays its grace costs its worker its place, and the executor goes on", async () => {
    await using executor = start({ workers: 1, concurrency: 2, gracePeriod: 20 });
    const [id] = await executor.broadcast("workerId");
    const { promise: lost, resolve } = Promise.withResolvers<number>();
    executor.addEventListener("workerlost", ({ detail }) => resolve(detail.workerId));
    const neighbour = executor.run("stubborn", 80);
    await expect(executor.run("stubborn", 3_000, { timeout: 10, gracePeriod: 100 })).rejects.toBeInstanceOf(
      TaskTimeoutError,
    );
    // The neighbour had the chance to finish.
    expect(await neighbour).toBe(80);
    expect(await lost).toBe(id);
    expect(await executor.run("workerId")).not.toBe(id);
  });

  test("queueTimeout rejects a task that found no slot", async () => {
    await using executor = start({ workers: 1, concurrency: 1 });
    const blocker = executor.submit("untilAborted", undefined);
    const error = await executor.run("echo", 1, { queueTimeout: 20 }).catch((error) => error);
    expect(error).toBeInstanceOf(TaskTimeoutError);
    expect(error).toMatchObject({ phase: "queue", timeout: 20 });
    blocker.cancel();
    await expect(blocker.result).rejects.toThrow();
  });

  test("timeouts of 0, and longer than timers take, do what they say", async () => {
    await using executor = start();
    await expect(executor.run("sleep", 10_000, { timeout: 0 })).rejects.toBeInstanceOf(TaskTimeoutError);
    expect(await executor.run("sleep", 5, { timeout: 2 ** 40 })).toBe(5);
    expect(await executor.run("sleep", 5, { timeout: Infinity, gracePeriod: Infinity })).toBe(5);
  });

  if (isolation !== "none") {
    test("a worker whose loop is blocked is sent nothing new once a task on it was cancelled", async () => {
      await using executor = start({ workers: 2, concurrency: 4, gracePeriod: 10_000 });
      await executor.ready();
      const blocked = executor.submit("echo", 0);
      await blocked.result;
      const loop = executor.submit(() => {
        const end = performance.now() + 1_500;
        while (performance.now() < end);
      }, undefined);
      await executor.run("echo", 1);
      loop.cancel("stop");
      await expect(loop.result).rejects.toBe("stop");
      const ids = await Promise.all(Array.from({ length: 4 }, () => executor.run("workerId")));
      expect(new Set(ids).size).toBe(1);
    });
  }
});
