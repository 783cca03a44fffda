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
  holder.tell(3, 250_000);
  vi.advanceTimersByTime(1_000);
  expect(holder.heldBy()).toEqual({ id: 3, ms: 1_250 });
  expect(holder.lastCalled()).toBe(3);
  vi.advanceTimersByTime(1);
  expect([holder.heldBy(), holder.lastCalled()]).toEqual([undefined, undefined]);
});

test("a report holds no longer once the loop has turned", () => {
  const holder = new LoopHolder(undefined);
  holder.tell(3, 250_000);
  holder.turned();
  expect([holder.heldBy(), holder.lastCalled()]).toEqual([undefined, undefined]);
});
