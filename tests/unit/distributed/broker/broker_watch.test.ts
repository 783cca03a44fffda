/** What a run or worker says of its broker, and when. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BrokerWatch } from "../../../../lib/distributed/broker/broker_watch.ts";
import { BrokerError } from "../../../../lib/distributed/errors.ts";

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
