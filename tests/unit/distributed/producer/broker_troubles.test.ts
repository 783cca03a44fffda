/** Which failures of the broker end a run. The clock is the test's. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BrokerWatch } from "../../../../lib/distributed/broker/broker_watch.ts";
import { BrokerError, RunHeldError, RunRefusedError } from "../../../../lib/distributed/broker/errors.ts";
import { BrokerTroubles } from "../../../../lib/distributed/producer/broker_troubles.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function scene() {
  const told: string[] = [];
  const watch = new BrokerWatch({ label: "redis://h", notice: (line) => told.push(line) });
  return { told, watch, troubles: new BrokerTroubles("redis://h", watch) };
}

const full = new BrokerError("full", "The broker at redis://h is full");

test.each<[string, unknown, boolean]>([
  ["another producer has the run", new RunHeldError("r", "another producer has it"), true],
  ["a worker rejects the run", new RunRefusedError("r", "no"), true],
  ["the broker permits it not", new Error("NOPERM this user has no permissions"), true],
  ["the broker is out of reach", Object.assign(new Error("closed"), { code: "ECONNRESET" }), false],
  ["the broker takes no writes", new Error("READONLY You can't write against a read only replica."), false],
  ["the broker is full", full, false],
])("of a run that has jobs, %s: it ends, or waits", (_, error, ends) => {
  const { troubles } = scene();
  expect(troubles.fatal(error, { hasJobs: true }) !== undefined).toBe(ends);
});

test("a run without jobs does not wait for a full broker, since nothing would make room", () => {
  const { troubles } = scene();
  expect(troubles.fatal(full, { hasJobs: false })).toBe(full);
});

test("a run waits half a minute for a full broker, and again once it has taken jobs", () => {
  const { troubles } = scene();
  const isFatal = () => troubles.fatal(full, { hasJobs: true }) !== undefined;
  expect(isFatal()).toBe(false);
  vi.advanceTimersByTime(30_000);
  expect(isFatal()).toBe(false);
  troubles.taken();
  vi.advanceTimersByTime(30_000);
  expect(isFatal()).toBe(false);
  vi.advanceTimersByTime(30_001);
  expect(isFatal()).toBe(true);
});

test("after five minutes, the error names what the broker did", () => {
  const { troubles, watch } = scene();
  watch.away();
  expect(troubles.lasting(299_999)).toBeUndefined();
  expect(troubles.lasting(300_000)?.message).toBe("The broker at redis://h has been away for 5 minutes");
});
