/** The tasks on one worker: what it is sent, what its replies do, and how tasks leave. The worker is written out. */
import { expect, test } from "vitest";
import { Task } from "../../../../lib/executor/tasks/task.ts";
import { WorkerTasks } from "../../../../lib/executor/pool/worker_tasks.ts";
import { toErrorData } from "../../../../lib/wire/error_data.ts";
import { ToWorker } from "../../../../lib/wire/message.ts";

type Init = ConstructorParameters<typeof WorkerTasks>[0];
type TaskInit = ConstructorParameters<typeof Task>[0];

/** A worker without tasks: the records that it was sent, and what its handle and the executor were told. */
function scene(more: Partial<Init> = {}) {
  const sent: [kind: number, id: number][] = [];
  const told: string[] = [];
  const tasks: WorkerTasks = new WorkerTasks({
    workerId: 7,
    channel: {
      boundary: "thread",
      post(message: unknown[]) {
        for (let at = 0; at < message.length; at += 4) {
          sent.push([message[at], message[at + 1]] as [number, number]);
        }
      },
    } as unknown as Init["channel"],
    concurrency: 2,
    gracePeriod: 1_000,
    stallTimeout: Infinity,
    mostTasks: Infinity,
    sendsAhead: false,
    perCore: 1,
    announces: false,
    worker: {
      drain: () => void told.push("drain"),
      lost: ({ reason }) => void told.push(`lost: ${reason}`),
      forged: (what) => void told.push(`forged: ${what}`),
      slotsFreed: () => void told.push("freed"),
    },
    host: { returned: ({ id }: Task) => void told.push(`returned ${id}`) } as unknown as Init["host"],
    ...more,
  });
  const outcomes: [id: number, outcome: unknown][] = [];
  const start = (id: number, { input = id, ...options }: { input?: unknown; transfer?: [] } = {}) => {
    const task = new Task({
      id,
      target: { number: 1, id: 1, spec: { name: "task" } },
      input,
      options: { timeout: Infinity, gracePeriod: 1_000, ...options },
      submitted: 0,
      observer: { settled() {}, retries: () => false },
      waiter: {
        resolve: (value: unknown) => void outcomes.push([id, value]),
        reject: (error: unknown) => void outcomes.push([id, String(error)]),
      },
    } as unknown as TaskInit);
    tasks.start(task);
    return task;
  };
  const kinds = () => sent.map(([kind]) => kind);
  return { tasks, start, sent, kinds, told, outcomes };
}

test("the tasks of one turn leave in one message, and the target is sent once", () => {
  const { tasks, start, kinds } = scene();
  start(1);
  start(2);
  expect([kinds(), tasks.inFlight, tasks.room(0)]).toEqual([[], 2, 0]);
  tasks.flush();
  start(3);
  tasks.flush();
  expect(kinds().filter((kind) => kind === ToWorker.target)).toHaveLength(1);
});

test("a task settles by its first reply, and a second one is ignored", () => {
  const { tasks, start, outcomes } = scene();
  const task = start(1);
  start(2);
  tasks.succeeded(1, 50, ["a"]);
  tasks.succeeded(1, 60, ["b"]);
  tasks.failed(2, 10, toErrorData(new TypeError("bad")));
  expect(outcomes).toEqual([[1, "a"], [2, "TypeError: bad"]]);
  expect([task.micros, tasks.inFlight]).toEqual([50, 0]);
});

test("a cancelled task keeps its slot until its body has ended", () => {
  const { tasks, start, sent, outcomes } = scene();
  start(1).cancel("enough");
  expect([outcomes, tasks.inFlight, tasks.accepts]).toEqual([[[1, "enough"]], 1, false]);
  expect(sent.at(-1)).toEqual([ToWorker.abort, 1]);
  tasks.limits.aborted();
  expect(tasks.accepts).toBe(true);
  tasks.succeeded(1, 50, ["late"]);
  expect([outcomes.length, tasks.inFlight]).toEqual([1, 0]);
  tasks.stop();
});

test("a task that comes back does not count as sent", () => {
  const { tasks, start, told } = scene({ mostTasks: 3 });
  start(1);
  expect([tasks.sent, tasks.left]).toEqual([1, 2]);
  tasks.returned(1);
  expect([tasks.sent, tasks.left, tasks.inFlight, told]).toEqual([0, 3, 0, ["returned 1"]]);
});

test.each<[string, (tasks: WorkerTasks) => void, string]>([
  [
    "acknowledges an abort",
    (tasks) => tasks.limits.aborted(),
    "it acknowledged an abort that it was not sent",
  ],
  ["sends many results", (tasks) => tasks.succeeded(1, 1, [1, 2, 3]), "more results than it has tasks"],
  ["yields", (tasks) => tasks.reports.yielded(1, 1), "it yielded a value of a task that is no stream"],
  [
    "tells of progress that cannot be sent",
    (tasks) => tasks.reports.broke(1, toErrorData(1)),
    "a value failed that nobody reads",
  ],
])("a worker that %s unasked is found out", (_, act, fault) => {
  const { tasks, start, told } = scene();
  start(1);
  act(tasks);
  expect(told).toEqual([`forged: ${fault}`]);
});

test("a task that the worker was to keep may not come back", () => {
  const { tasks, start, told } = scene();
  start(1, { transfer: [] });
  tasks.returned(1);
  expect(told).toEqual(["forged: it gave back a task that it was to keep"]);
});

test("an input that cannot be cloned fails alone, and frees its slot", () => {
  const { tasks, start, kinds, told, outcomes } = scene();
  start(1);
  start(2, { input: Symbol("no value") });
  tasks.flush();
  expect(outcomes).toEqual([[2, expect.stringMatching(/^TaskCloneError: /)]]);
  expect([told, tasks.inFlight, kinds().filter((kind) => kind === ToWorker.run)]).toEqual([["freed"], 1, [
    ToWorker.run,
  ]]);
});

test("at the end, each task that is left fails with an error of its own", () => {
  const { tasks, start, outcomes } = scene();
  start(1).cancel("enough");
  start(2);
  start(3);
  tasks.stop();
  const left = tasks.clear();
  expect([left.length, tasks.inFlight]).toEqual([3, 0]);
  tasks.fail(left, ({ id }) => `lost ${id}`);
  expect(outcomes).toEqual([[1, "enough"], [2, "lost 2"], [3, "lost 3"]]);
});
