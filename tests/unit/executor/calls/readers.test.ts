/** The maps and streams that are being read, as close() and terminate() see them. The clock is the test's. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type OpenReader, Readers } from "../../../../lib/executor/calls/readers.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

/** A reader in a state, and the errors with which it was ended. */
function reader(state: Partial<Record<"awaited" | "loop" | "complete" | "slot", boolean>> = {}) {
  const errors: unknown[] = [];
  const made: OpenReader & { errors: unknown[]; count: number } = {
    errors,
    count: 0,
    isAwaited: () => state.awaited ?? false,
    isLoop: () => state.loop ?? false,
    asked: () => made.count,
    isComplete: () => state.complete ?? false,
    slotsHeld: () => state.slot ? 1 : 0,
    widened() {},
    dry: (error: unknown) => void errors.push(error),
    end: (error: unknown) => void errors.push(error),
  };
  return made;
}

function scene(...open: OpenReader[]) {
  let changes = 0;
  const readers = new Readers(() => void changes++);
  open.forEach((one) => readers.add(one));
  return {
    readers,
    changes: () => changes,
    endUnread: (onlySlots = false) => readers.endUnread(() => "closed", { onlySlots }),
  };
}

test("close() ends readers that nobody reads, and waits for those that a call awaits", () => {
  const [read, left, complete] = [reader({ awaited: true }), reader(), reader({ complete: true })];
  const { readers, endUnread } = scene(read, left, complete);
  readers.close();
  expect(endUnread()).toBe(false);
  expect([read.errors, left.errors, complete.errors]).toEqual([[], ["closed"], []]);
});

test("while tasks are left, only readers whose body holds a slot are ended", () => {
  const [left, holding] = [reader(), reader({ slot: true })];
  const { readers, endUnread } = scene(left, holding);
  readers.close();
  expect(readers.slotsHeld).toBe(1);
  expect(endUnread(true)).toBe(true);
  expect([left.errors, holding.errors]).toEqual([[], ["closed"]]);
});

test("a loop in its body has two seconds to come back, and then as long as it likes", () => {
  const [returns, stays] = [reader({ loop: true }), reader({ loop: true })];
  const { readers, endUnread, changes } = scene(returns, stays);
  readers.close();
  expect(endUnread()).toBe(false);
  returns.count++;
  vi.advanceTimersByTime(2_000);
  expect(changes()).toBe(1);
  expect(endUnread()).toBe(false);
  expect([returns.errors, stays.errors]).toEqual([[], ["closed"]]);
});

test("changes are told only after close(), and no timer is left after stop()", () => {
  const one = reader();
  const { readers, changes } = scene(one, reader({ awaited: true }));
  readers.delete(one);
  expect(changes()).toBe(0);
  readers.close();
  readers.changed();
  expect(changes()).toBe(1);
  readers.stop();
  expect(vi.getTimerCount()).toBe(0);
});
