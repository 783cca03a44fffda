/** Which body holds a worker's event loop. */
import { afterEach, expect, test, vi } from "vitest";
import { LoopHolder } from "../../../../lib/executor/pool/loop_holder.ts";
import { Pulse } from "../../../../lib/wire/pulse.ts";
import { sharedMemory } from "../../../../lib/wire/shared_memory.ts";

afterEach(() => void vi.useRealTimers());

test("with shared memory, the body that was called and has not returned holds the loop", () => {
  const memory = sharedMemory()!;
  const [holder, worker] = [new LoopHolder(memory), new Pulse(memory)];
  expect(holder.isShared).toBe(true);
  expect([holder.heldBy(), holder.lastCalled()]).toEqual([undefined, undefined]);
  worker.enter(5, performance.now());
  expect(holder.heldBy()).toMatchObject({ id: 5 });
  worker.leave();
  expect([holder.heldBy(), holder.lastCalled()]).toEqual([undefined, 5]);
});

test("without shared memory, a report of the second thread holds for a second", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const holder = new LoopHolder(undefined);
  expect(holder.isShared).toBe(false);
  holder.tell(3, 250_000, { id: 4, calls: 4 });
  vi.advanceTimersByTime(1_000);
  expect(holder.heldBy()).toEqual({ id: 3, ms: 1_250 });
  vi.advanceTimersByTime(1);
  expect([holder.heldBy(), holder.lastCalled()]).toEqual([undefined, 4]);
});

test("once the loop has turned, the reported body does not hold it, and the last call is the same", () => {
  const holder = new LoopHolder(undefined);
  holder.tell(3, 250_000, { id: 4, calls: 4 });
  holder.turned();
  expect([holder.heldBy(), holder.lastCalled()]).toEqual([undefined, 4]);
});

test("a report may name the last call alone: then the holder is not known", () => {
  const holder = new LoopHolder(undefined);
  holder.tell(0, 250_000, { id: 4, calls: 4 });
  expect([holder.heldBy(), holder.lastCalled()]).toEqual([undefined, 4]);
});

test("after a further call, the last one is not known until a report that was made later", () => {
  const holder = new LoopHolder(undefined);
  holder.tell(0, 250_000, { id: 4, calls: 4 });
  holder.called(5);
  expect(holder.lastCalled()).toBeUndefined();
  // Made before that call, and overtaken.
  holder.tell(4, 250_000, { id: 4, calls: 4 });
  expect([holder.heldBy(), holder.lastCalled()]).toEqual([undefined, undefined]);
  holder.tell(0, 250_000, { id: 6, calls: 6 });
  expect(holder.lastCalled()).toBe(6);
});
