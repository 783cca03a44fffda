import { expect, test } from "vitest";
import { Orders } from "../../../lib/wire/orders.ts";
import { Pulse } from "../../../lib/wire/pulse.ts";
import { callCells, sharedMemory } from "../../../lib/wire/shared_memory.ts";

test("an order is read at the worker before anything else may start", () => {
  const memory = sharedMemory()!;
  const [caller, worker] = [new Orders(memory), new Orders(memory)];
  expect(worker.areRead).toBe(true);
  caller.send();
  caller.send();
  worker.read();
  expect(worker.areRead).toBe(false);
  worker.read();
  expect(worker.areRead).toBe(true);
});

test("a worker that was given up stays so, and has never read everything", () => {
  const memory = sharedMemory()!;
  const [caller, worker] = [new Orders(memory), new Orders(memory)];
  caller.giveUp();
  caller.send();
  expect([worker.isGivenUp, worker.areRead]).toEqual([true, false]);
});

test("a call is told once, if the one before it was reported", () => {
  const memory = sharedMemory()!;
  const pulse = new Pulse(memory);
  const counts = callCells(memory);
  expect(pulse.enter(1, 0)).toBeUndefined();
  counts[1] = 1;
  expect([pulse.enter(2, 0), pulse.enter(3, 0)]).toEqual([2, undefined]);
});

test("pulse and orders do not write over each other", () => {
  const memory = sharedMemory()!;
  const [orders, pulse] = [new Orders(memory), new Pulse(memory)];
  pulse.enter(-5, performance.now());
  orders.giveUp();
  expect([pulse.heldBy()?.id, pulse.lastCalled, orders.isGivenUp]).toEqual([-5, -5, true]);
  pulse.enterAgain(9, performance.now());
  expect([pulse.heldBy()?.id, pulse.lastCalled]).toEqual([9, -5]);
  pulse.leave();
  expect([pulse.heldBy(), pulse.lastCalled, orders.isGivenUp]).toEqual([undefined, -5, true]);
});
