import { expect, test, vi } from "vitest";

// Deno's own timers cannot be replaced.
vi.mock("../../../lib/wire/core_timers.ts", () => ({ coreTimers: undefined }));
vi.useFakeTimers();
const { BodyClock } = await import("../../../lib/worker/body_clock.ts");
const { Pulse } = await import("../../../lib/wire/pulse.ts");
const { pulseCells, sharedMemory } = await import("../../../lib/wire/shared_memory.ts");

/** A body that is called now and has come back at once. */
function enter(clock: InstanceType<typeof BodyClock>, id: number) {
  const slot = { begun: performance.now(), ownBegun: 0 };
  clock.enter(slot, id);
  clock.leave(slot, slot.begun);
  return slot;
}

test("a body that waits on a free loop has run by itself for as long as by the clock", () => {
  const clock = new BodyClock(undefined, () => 1);
  const slot = enter(clock, 1);
  vi.advanceTimersByTime(500);
  const { own, wall } = clock.age(slot);
  expect(wall).toBe(500);
  expect(own).toBeGreaterThan(480);
});

test("time in which a body waits for its caller does not count, while it waits and after it", () => {
  const clock = new BodyClock(undefined, () => 1);
  const slot = enter(clock, 1);
  vi.advanceTimersByTime(100);
  const goesOn = clock.pause(slot);
  vi.advanceTimersByTime(9_000);
  expect(clock.age(slot).wall).toBe(100);
  expect(clock.age(slot).own).toBeLessThanOrEqual(100);
  goesOn();
  vi.advanceTimersByTime(50);
  expect(clock.age(slot).wall).toBe(150);
  expect(clock.age(slot).own).toBeLessThanOrEqual(150);
  // The slot is used again.
  clock.enter(Object.assign(slot, { begun: performance.now() }), 2);
  expect(clock.age(slot)).toEqual({ own: 0, wall: 0 });
});

test("time in which another body holds the loop does not count", () => {
  const clock = new BodyClock(undefined, () => 2);
  const slot = enter(clock, 1);
  const other = { begun: performance.now(), ownBegun: 0 };
  clock.enter(other, 2);
  // The clock goes on and no timer fires: the loop is held.
  vi.setSystemTime(Date.now() + 300);
  const jump = performance.now() + 300;
  const now = vi.spyOn(performance, "now");
  now.mockReturnValue(jump);
  clock.leave(other, other.begun);
  now.mockRestore();
  expect(clock.age(slot).own).toBeLessThan(20);
});

test("the pulse says when the loop turned last, as long as bodies run", () => {
  const memory = sharedMemory()!;
  let running = 1;
  const clock = new BodyClock(memory, () => running);
  const turned = () => pulseCells(memory)[3];
  expect(turned()).toBe(0);
  enter(clock, 1);
  const first = turned();
  expect(first).toBe(performance.timeOrigin + performance.now());
  vi.advanceTimersByTime(50);
  expect(turned()).toBe(first + 50);
  running = 0;
  vi.advanceTimersByTime(10);
  expect(turned()).toBe(0);
});

test("the pulse names the body that holds the loop, and nobody once the call is back", () => {
  const memory = sharedMemory()!;
  const clock = new BodyClock(memory, () => 1);
  const pulse = new Pulse(memory);
  const slot = { begun: performance.now(), ownBegun: 0 };
  expect([pulse.heldBy(), pulse.lastCalled]).toEqual([undefined, undefined]);
  clock.enter(slot, 7);
  expect(pulse.heldBy()?.id).toBe(7);
  clock.leave(slot, slot.begun);
  expect([pulse.heldBy(), pulse.lastCalled]).toEqual([undefined, 7]);
});
