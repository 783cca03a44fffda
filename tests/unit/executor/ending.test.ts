/** The end of an executor, whatever its tasks are. */

import { expect, test } from "vitest";
import type { OpenReader } from "../../../lib/executor/calls/readers.ts";
import { Readers } from "../../../lib/executor/calls/readers.ts";
import { Ending } from "../../../lib/executor/ending.ts";

const FINISH = { timeout: Infinity, pending: "finish" } as const;

function start() {
  const log: string[] = [];
  let left = 1;
  const readers = new Readers(() => {});
  const ending = new Ending({
    get isBusy() {
      return left > 0;
    },
    get isComputing() {
      return left > 0;
    },
    lookSoon: () => void log.push("look soon"),
    setPaused: (isPaused: boolean) => void log.push(isPaused ? "pause" : "resume"),
    dropWaiting: (error) => void log.push(`drop: ${error().message}`),
    halt: () => Promise.resolve(void log.push("halt")),
    rejectAll: (error) => void log.push(`reject: ${error().message}`),
    release: () => Promise.resolve(void log.push("release")),
  }, readers);
  return { ending, readers, log, finish: () => left = 0 };
}

/** A map that nobody reads any more. */
function unread(told: unknown[]): OpenReader {
  return {
    isAwaited: () => false,
    isLoop: () => false,
    asked: () => 0,
    isComplete: () => false,
    slotsHeld: () => 0,
    widened: () => {},
    dry: (error) => void told.push(error),
    end: (error) => void told.push(error),
  };
}

test("close() ends a pause, waits until nothing is left, and then releases", async () => {
  const { ending, log, finish } = start();
  ending.pause();
  ending.pause();
  expect([ending.isPaused, log.splice(0)]).toEqual([true, ["pause"]]);
  const closed = ending.close(FINISH);
  expect([ending.isClosed, ending.isOver, log]).toEqual([true, false, ["resume", "look soon"]]);
  ending.pause();
  expect(ending.isPaused).toBe(false);
  ending.look();
  finish();
  ending.look();
  await closed;
  expect(ending.isOver).toBe(true);
  expect(log.slice(2)).toEqual(["release"]);
  await ending.close(FINISH);
  expect(log.length).toBe(3);
});

test('close() with pending "cancel" drops what waits, and finishes what runs', async () => {
  const { ending, log, finish } = start();
  const closed = ending.close({ ...FINISH, pending: "cancel" });
  expect(log.at(-1)).toBe("drop: The executor was closed before the task was started");
  finish();
  ending.look();
  await closed;
});

test("a map that nobody reads ends with an error once no task is left", async () => {
  const { ending, readers, finish } = start();
  const told: unknown[] = [];
  readers.add(unread(told));
  const closed = ending.close(FINISH);
  ending.look();
  expect(told).toEqual([]);
  finish();
  ending.look();
  await closed;
  expect(told).toEqual([expect.objectContaining({ name: "ExecutorClosedError" })]);
});

test("terminate() stops what runs, rejects what is left, and lets a close() that waits resolve", async () => {
  const { ending, log } = start();
  const closed = ending.close(FINISH);
  await Promise.all([ending.terminate(), ending.terminate(), closed]);
  expect(log).toEqual([
    "look soon",
    "halt",
    "reject: The executor was terminated before the task was done",
    "release",
  ]);
});

test("close() with a timeout terminates after it", async () => {
  const { ending, log } = start();
  await ending.close({ ...FINISH, timeout: 1 });
  expect(log).toContain("halt");
});
