/** The dispatcher: who gets which waiting task, once per turn. Queue, pool and workers are written out. */
import { expect, test } from "vitest";
import type { QueueHost } from "../../../../lib/executor/queue/host.ts";
import { Dispatcher } from "../../../../lib/executor/queue/dispatcher.ts";

type Init = ConstructorParameters<typeof Dispatcher>[0];

/** A worker with `room` for tasks; what it was sent. */
function worker(position: number, room: number, state = "ready") {
  const sent: number[] = [];
  return {
    position,
    state,
    reserved: false,
    sent,
    flushes: 0,
    get inFlight() {
      return sent.length;
    },
    get accepts() {
      return this.state === "ready" && sent.length < room;
    },
    room: () => state === "ready" ? room - sent.length : 0,
    tasks: { runsAlone: false, start: (task: { id: number }) => void sent.push(task.id) },
    flush() {
      this.flushes++;
    },
  };
}

/** A dispatcher over `waiting` tasks, of which `own` must run on a certain position. */
function scene(workers: ReturnType<typeof worker>[], waiting: number, own: Record<number, number[]> = {}) {
  const tasks = Array.from({ length: waiting }, (_, id) => ({ id }));
  const rounds: number[] = [];
  const takeOwn = (position: number) => {
    const id = own[position]?.shift();
    return id === undefined ? undefined : { id };
  };
  const queue = {
    get size() {
      return tasks.length + Object.values(own).flat().length;
    },
    get startable() {
      return this.size;
    },
    alone: 0,
    positionsAskedFor: () => [],
    takeOwn,
    take: (position: number) => takeOwn(position) ?? tasks.shift(),
  };
  const pool = {
    all: workers,
    workers,
    scale() {},
    startsSoon: ({ state }: { state: string }) => state === "starting",
    room: (handle: ReturnType<typeof worker>) => handle.room(),
  };
  const started: number[] = [];
  const host = {
    started: ({ id }: { id: number }) => void started.push(id),
    roundEnded: () => void rounds.push(started.length),
  };
  const dispatcher = new Dispatcher({
    queue: queue as unknown as Init["queue"],
    pool: pool as unknown as Init["pool"],
    rates: undefined,
    counters: { succeeded: 0 },
    host: host as unknown as QueueHost,
  });
  return { dispatcher, tasks, rounds, started };
}

test("many calls of schedule() in one turn are one round", async () => {
  const { dispatcher, rounds } = scene([worker(0, 4)], 2);
  for (let call = 0; call < 5; call++) dispatcher.schedule();
  expect(rounds).toEqual([]);
  await undefined;
  expect(rounds).toEqual([2]);
});

test("tasks are spread evenly before any worker is filled", async () => {
  const workers = [worker(0, 10), worker(1, 10)];
  const { dispatcher, tasks } = scene(workers, 6);
  dispatcher.schedule();
  await undefined;
  expect(tasks).toEqual([]);
  expect(workers.map(({ sent }) => sent.length)).toEqual([3, 3]);
  expect(workers.map(({ flushes }) => flushes)).toEqual([1, 1]);
});

test("no worker is sent more than it has room for", async () => {
  const workers = [worker(0, 2), worker(1, 3)];
  const { dispatcher, tasks } = scene(workers, 9);
  dispatcher.schedule();
  await undefined;
  expect(workers.map(({ sent }) => sent.length)).toEqual([2, 3]);
  expect(tasks).toHaveLength(4);
});

test("a worker that is about to be ready finds its share", async () => {
  const workers = [worker(0, 10), worker(1, 10, "starting")];
  const { dispatcher, tasks } = scene(workers, 6);
  dispatcher.schedule();
  await undefined;
  expect(workers[0].sent).toHaveLength(3);
  expect(tasks).toHaveLength(3);
});

test("a task that must run on one worker goes to no other", async () => {
  const workers = [worker(0, 10), worker(1, 10)];
  const { dispatcher } = scene(workers, 0, { 1: [7, 8] });
  dispatcher.schedule();
  await undefined;
  expect(workers.map(({ sent }) => sent)).toEqual([[], [7, 8]]);
});

test("nothing starts while it is paused, and a round follows when the pause ends", async () => {
  const { dispatcher, started, rounds } = scene([worker(0, 10)], 3);
  dispatcher.paused = true;
  await undefined;
  expect(started).toEqual([]);
  dispatcher.paused = false;
  await undefined;
  expect(started).toEqual([0, 1, 2]);
  expect(rounds).toEqual([0, 3]);
});

test("the time is the same throughout a turn, and new in the next", async () => {
  const { dispatcher } = scene([worker(0, 1)], 0);
  const first = dispatcher.now();
  for (const end = performance.now() + 2; performance.now() < end;);
  expect(dispatcher.now()).toBe(first);
  await undefined;
  expect(dispatcher.now()).toBeGreaterThan(first);
});
