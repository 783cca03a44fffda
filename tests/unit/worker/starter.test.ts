import { beforeEach, expect, test } from "vitest";
import { Orders } from "../../../lib/wire/orders.ts";
import { sharedMemory } from "../../../lib/wire/shared_memory.ts";
import { Starter } from "../../../lib/worker/starter.ts";

/** A starter over a list of tasks. A body runs until the test ends it. */
function setUp({ concurrency = 2, shared = false } = {}) {
  const memory = shared ? sharedMemory() : undefined;
  const caller = memory && new Orders(memory);
  const orders = memory && new Orders(memory);
  const state = { clock: 0, running: 0, fresh: true, taskTime: 0, atOnce: true };
  const queue: number[] = [];
  const log: string[] = [];
  const starter = new Starter({
    concurrency,
    orders,
    clock: {
      get time() {
        return state.clock;
      },
      read: () => log.push("read clock"),
    } as never,
    replies: { leaveAtOnce: () => state.atOnce },
    worker: { isGivenUp: () => log.push("looked whether it was given up") } as never,
    contexts: {
      isFresh: () => state.fresh,
      inFresh(call: () => void) {
        log.push("fresh context");
        call();
      },
    },
    bodies: {
      get size() {
        return state.running;
      },
      start({ id }: { id: number }) {
        state.running++;
        state.clock += state.taskTime;
        log.push(`start ${id}`);
      },
    } as never,
    waiting: {
      get size() {
        return queue.length;
      },
      shift: () => queue.length > 0 ? { id: queue.shift() } : undefined,
      watch: () => {},
      giveBackHeld: () => log.push("give back"),
    } as never,
  });
  const started = () => log.filter((line) => line.startsWith("start")).map((line) => Number(line.slice(6)));
  return { starter, state, queue, log, started, caller, orders };
}

type SetUp = ReturnType<typeof setUp>;
let parts: SetUp;

beforeEach(() => void (parts = setUp()));

const turns = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

test("starts tasks in their order, up to the concurrency", async () => {
  const { starter, queue, state, started } = parts;
  queue.push(1, 2, 3);
  starter.start();
  await turns();
  expect(started()).toEqual([1, 2]);
  state.running = 1;
  starter.start();
  expect(started()).toEqual([1, 2, 3]);
});

test("starts more once the concurrency is higher", async () => {
  const { starter, queue, started } = parts;
  queue.push(1, 2, 3);
  starter.start();
  await turns();
  starter.setConcurrency(3);
  starter.start();
  expect(started()).toEqual([1, 2, 3]);
});

test("a body that ends in the next microtask has ended before the next starts; one that goes on delays it by two", async () => {
  const { starter, queue, state, log, started } = setUp({ concurrency: 9 });
  queue.push(1, 2, 3);
  starter.start();
  expect(started()).toEqual([1]);
  await Promise.resolve();
  state.running--;
  log.push("end 1");
  starter.start();
  expect(log.filter((line) => /^(start|end)/.test(line))).toEqual(["start 1", "end 1", "start 2"]);
  await Promise.resolve();
  expect(started()).toEqual([1, 2]);
  await Promise.resolve();
  expect(started()).toEqual([1, 2, 3]);
});

test("where outcomes leave together, bodies that go on start one after another", () => {
  const { starter, queue, state, started } = setUp({ concurrency: 3 });
  state.atOnce = false;
  queue.push(1, 2, 3, 4);
  starter.start();
  expect(started()).toEqual([1, 2, 3]);
});

test("lets the loop turn after a slice of two milliseconds, and goes on then", async () => {
  const { starter, queue, state, started } = setUp({ concurrency: 9 });
  state.taskTime = 1.5;
  queue.push(1, 2, 3, 4);
  starter.beginTurn();
  starter.start();
  for (let microtask = 0; microtask < 10; microtask++) await Promise.resolve();
  expect(started()).toEqual([1, 2]);
  while (started().length < 4) await turns();
  expect(started()).toEqual([1, 2, 3, 4]);
});

test("starts nothing more once it was stopped", () => {
  const { starter, queue, started } = parts;
  queue.push(1);
  starter.stop();
  starter.start();
  expect(started()).toEqual([]);
});

test("a context that another body has entered is replaced by a fresh one", () => {
  const { starter, queue, state, log } = parts;
  state.fresh = false;
  queue.push(1);
  starter.start();
  expect(log.slice(0, 2)).toEqual(["fresh context", "start 1"]);
});

test("without shared memory, tasks that a body has kept waiting go back", () => {
  parts.starter.start();
  expect(parts.log).toContain("give back");
});

test("with shared memory, an order that has not been read holds everything up", () => {
  const { starter, queue, log, started, caller, orders } = setUp({ shared: true });
  queue.push(1);
  caller!.send();
  starter.start();
  expect([started(), log]).toEqual([[], ["looked whether it was given up"]]);
  orders!.read();
  starter.start();
  expect(started()).toEqual([1]);
});
