/** When a worker is replaced by a fresh one, and when its successor is started. */
import { expect, test } from "vitest";
import { isDue, isNearlySpent, Recycling } from "../../../../lib/executor/pool/recycling.ts";

type Handle = Parameters<typeof isDue>[0];
type Tasks = { used?: boolean; sent?: number; left?: number };
type Figures = Parameters<typeof worker>[0];

function worker({ tasks, ...figures }: Partial<Omit<Handle, "tasks">> & { tasks?: Tasks } = {}): Handle {
  const now = performance.now();
  return {
    state: "ready",
    isOutdated: false,
    tasks: { used: true, sent: 0, left: Infinity, ...tasks },
    heapBytes: 0,
    readySince: now,
    startedIn: 100,
    ...figures,
  } as Handle;
}

test.each<[string, Figures, Parameters<typeof isDue>[1], boolean]>([
  ["no limit", {}, {}, false],
  ["tasks left", { tasks: { left: 1 } }, { tasks: 5 }, false],
  ["no task left", { tasks: { left: 0 } }, { tasks: 5 }, true],
  ["outdated", { isOutdated: true }, {}, true],
  ["a heap within its limit", { heapBytes: 9 }, { heapBytes: 10 }, false],
  ["a heap at its limit", { heapBytes: 10 }, { heapBytes: 10 }, true],
  ["young", {}, { ageMs: 60_000 }, false],
  ["old", { readySince: performance.now() - 60_000 }, { ageMs: 60_000 }, true],
  ["not ready", { state: "draining", tasks: { left: 0 } }, { tasks: 5 }, false],
])("a worker is due to be replaced: %s", (_, figures, options, due) => {
  expect(isDue(worker(figures), options)).toBe(due);
});

test.each<[string, Figures, boolean]>([
  ["no limit of tasks", {}, false],
  ["one task left", { tasks: { left: 1 } }, true],
  // 10 a second: the last is sent in 10 s, and a successor takes 0.1 s.
  ["many left", { tasks: { sent: 10, left: 100 }, readySince: performance.now() - 1_000 }, false],
  // 1,000 a second: the last is sent in 0.1 s.
  ["few left, as fast as they are sent", {
    tasks: { sent: 1_000, left: 100 },
    readySince: performance.now() - 1_000,
  }, true],
  ["never used", { tasks: { used: false, left: 1 } }, false],
])("a worker's successor is started: %s", (_, figures, nearly) => {
  expect(isNearlySpent(worker(figures))).toBe(nearly);
});

type Init = ConstructorParameters<typeof Recycling>[0];

/** The recycling of workers in positions, which starts the successors that the test asks for. */
function scene(workers: Handle[], { canStart = true } = {}) {
  const successors = new Map<number, Handle>();
  const log: string[] = [];
  for (const [position, handle] of workers.entries()) {
    Object.assign(handle, { position, inFlight: 0, close: () => log.push(`closed ${position}`) });
  }
  const positions = {
    workers,
    at: (position: number) => workers[position],
    get successors() {
      return [...successors.values()];
    },
    successorOf: (position: number) => successors.get(position),
    addSuccessor: (handle: Handle) => successors.set(handle.position, handle),
    unfinished: () => 0,
  };
  const pool = {
    concurrency: 2,
    start: (position: number) => log.push(`started ${position}`),
    spawn(position: number) {
      log.push(`spawned ${position}`);
      return canStart ? { position, state: "starting", close() {} } : undefined;
    },
  };
  const recycling = new Recycling(
    { limits: {}, positions, starts: { mayStart: true }, pool } as unknown as Init,
  );
  const ready = (position: number) => {
    const successor = successors.get(position)!;
    successor.state = "ready";
    recycling.ready(successor);
  };
  return { recycling, ready, log };
}

test("a worker that is due closes when its successor is ready, and gets one successor only", () => {
  const handle = worker({ isOutdated: true });
  const { recycling, ready, log } = scene([handle]);
  recycling.look(handle);
  recycling.look(handle);
  expect(log).toEqual(["spawned 0"]);
  ready(0);
  expect(log).toEqual(["spawned 0", "closed 0"]);
  expect(handle.isRecycled).toBe(true);
});

test("a worker that gets no more tasks does not wait for a successor that cannot be started", () => {
  const handle = worker({ tasks: { left: 0 } });
  const { recycling, log } = scene([handle], { canStart: false });
  recycling.look(handle);
  expect(log).toEqual(["spawned 0", "closed 0"]);
});

test("all workers are replaced: one that starts at once, the others when their successors are ready", async () => {
  const [one, other] = [worker(), worker({ state: "starting" })];
  const { recycling, ready, log } = scene([one, other]);
  const replaced = recycling.all();
  expect(log).toEqual(["spawned 0", "closed 1", "started 1"]);
  ready(0);
  expect(log.at(-1)).toBe("closed 0");
  recycling.gone(one);
  await replaced;
});

test("an outdated worker stays if no successor can be started", async () => {
  const handle = worker();
  const { recycling } = scene([handle]);
  const replaced = recycling.all();
  recycling.startFailed(0, new Error("no memory"));
  await expect(replaced).rejects.toThrow("no memory");
  expect(handle.isOutdated).toBe(false);
});

test("a pool that closes starts no successors", () => {
  const handle = worker({ isOutdated: true });
  const { recycling, log } = scene([handle]);
  recycling.stop();
  recycling.look(handle);
  expect(log).toEqual([]);
});
