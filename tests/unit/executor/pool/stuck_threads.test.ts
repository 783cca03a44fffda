/** Threads that do not end. The clock is the test's. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { StuckThreads } from "../../../../lib/executor/pool/stuck_threads.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

test("a thread that ends in time is not stuck", async () => {
  const stuck: number[] = [];
  const threads = new StuckThreads((workerId) => void stuck.push(workerId));
  const ended = Promise.withResolvers<void>();
  const followed = threads.follow(1, ended.promise);
  expect([threads.size, threads.unknown]).toEqual([0, 1]);
  ended.resolve();
  await followed;
  expect([threads.size, threads.unknown, stuck]).toEqual([0, 0, []]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a thread that goes on for two seconds is stuck until it ends", async () => {
  const stuck: number[] = [];
  const threads = new StuckThreads((workerId) => void stuck.push(workerId));
  const ended = Promise.withResolvers<void>();
  const followed = threads.follow(7, ended.promise);
  await vi.advanceTimersByTimeAsync(2_000);
  await followed;
  expect([threads.size, threads.unknown, stuck]).toEqual([1, 0, [7]]);
  ended.resolve();
  await ended.promise;
  await undefined;
  expect(threads.size).toBe(0);
});
