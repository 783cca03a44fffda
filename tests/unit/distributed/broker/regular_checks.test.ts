/** The regular checks of a run or a worker. The clock is the test's. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BrokerWatch } from "../../../../lib/distributed/broker/broker_watch.ts";
import { RegularChecks } from "../../../../lib/distributed/broker/regular_checks.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Checks that have begun, how each of them ends, and what the user and the host were told. */
function scene() {
  const broker = { connected: true };
  const told: string[] = [];
  const begun: PromiseWithResolvers<void>[] = [];
  const watch = new BrokerWatch({ label: "redis://h", notice: (line) => told.push(line) });
  const checks = new RegularChecks({
    broker,
    watch,
    host: {
      check() {
        begun.push(Promise.withResolvers());
        return begun.at(-1)!.promise;
      },
      troubled: (error) => void told.push(`troubled: ${error}`),
      unusableFor: (ms) => void (ms > 0 && told.push(`unusable for ${ms}`)),
    },
  });
  checks.start();
  return { broker, told, begun, checks };
}

test("one check begins every two seconds, and none while another one waits for its answer", async () => {
  const { begun } = scene();
  await vi.advanceTimersByTimeAsync(1_999);
  expect(begun).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(10_001);
  expect(begun).toHaveLength(1);
  begun[0].resolve();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(begun).toHaveLength(2);
});

test("a check that fails is told, and the next one follows", async () => {
  const { begun, told } = scene();
  await vi.advanceTimersByTimeAsync(2_000);
  begun[0].reject("no answer");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(told).toEqual(["troubled: no answer"]);
  expect(begun).toHaveLength(2);
});

test("without a connection nothing is checked; the user and the host are told", async () => {
  const { broker, begun, told } = scene();
  broker.connected = false;
  await vi.advanceTimersByTimeAsync(4_000);
  expect(begun).toHaveLength(0);
  expect(told).toEqual(["the broker at redis://h is away; waiting for it", "unusable for 2000"]);
});

test("after the end nothing is checked, even if the end comes from the host's own call", async () => {
  const { begun, checks } = scene();
  checks.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(begun).toHaveLength(0);
  expect(vi.getTimerCount()).toBe(0);
});
