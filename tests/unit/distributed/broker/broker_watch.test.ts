/** What a run or worker says of its broker, and when. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BrokerWatch } from "../../../../lib/distributed/broker/broker_watch.ts";
import { BrokerError } from "../../../../lib/distributed/broker/errors.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watched() {
  const said: string[] = [];
  return { said, watch: new BrokerWatch({ label: "redis://h", notice: (line) => said.push(line) }) };
}

test("names a failure that lasts every few seconds for a minute, and then each minute", () => {
  const { said, watch } = watched();
  for (let second = 0; second <= 180; second += 2) {
    watch.away();
    watch.remind();
    vi.advanceTimersByTime(2_000);
  }
  const away = "the broker at redis://h is away; waiting for it";
  const times = [8, 16, 24, 32, 40, 48, 56, 116, 176];
  expect(said).toEqual([away, ...times.map((seconds) => `${away} (for ${seconds} s)`)]);
});

test("says nothing again of a broker that is back", () => {
  const { said, watch } = watched();
  watch.refuses(new BrokerError("unavailable", "The broker at redis://h takes no writes now: READONLY"));
  watch.works();
  vi.advanceTimersByTime(60_000);
  watch.remind();
  expect(said).toEqual([
    "the broker at redis://h takes no writes now: READONLY; waiting for it",
    "the broker at redis://h is back",
  ]);
});

test("doubts a broker for a minute after its last failure", () => {
  const { watch } = watched();
  expect(watch.isDoubtful).toBe(false);
  watch.away();
  vi.advanceTimersByTime(100_000);
  expect(watch.isDoubtful).toBe(true);
  watch.away();
  watch.works();
  vi.advanceTimersByTime(59_000);
  expect(watch.isDoubtful).toBe(true);
  vi.advanceTimersByTime(2_000);
  expect(watch.isDoubtful).toBe(false);
});

const refused = new BrokerError("unavailable", "The broker takes no writes now: READONLY.");

test("counts the time of a failure from its beginning, if the broker then fails in another way, too", () => {
  const { said, watch } = watched();
  watch.away();
  vi.advanceTimersByTime(3_000);
  watch.refuses(refused);
  vi.advanceTimersByTime(1_000);
  expect([watch.failingFor, watch.failure]).toEqual([4_000, "taken no writes"]);
  expect(said.at(-1)).toBe("the broker takes no writes now: READONLY; waiting for it");
});

test("takes a broker that refuses writes for away only at the third look in a row without a connection", () => {
  const { watch } = watched();
  watch.refuses(refused);
  watch.away();
  watch.away();
  watch.refuses(refused);
  watch.away();
  watch.away();
  expect(watch.failure).toBe("taken no writes");
  watch.away();
  expect(watch.failure).toBe("been away");
});

test("says after five seconds that an answer does not come, and passes the answer on", async () => {
  const { said, watch } = watched();
  const { promise, resolve } = Promise.withResolvers<string>();
  const asked = watch.asked(promise);
  vi.advanceTimersByTime(4_999);
  expect(said).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(said).toEqual(["the broker at redis://h does not answer; waiting for it"]);
  expect(watch.failure).toBe("not answered");
  resolve("late");
  expect(await asked).toBe("late");
});

test("says nothing of an answer in time, nor of an error", async () => {
  const { said, watch } = watched();
  await watch.asked(Promise.resolve());
  await expect(watch.asked(Promise.reject(new Error("own")))).rejects.toThrow("own");
  vi.advanceTimersByTime(60_000);
  expect(said).toEqual([]);
});
