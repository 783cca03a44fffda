/** The workers that are there, as a run sees them. */

import { expect, test } from "vitest";
import type { WorkerRecord } from "../../../../lib/distributed/broker/protocol.ts";
import { MatchingWorkers } from "../../../../lib/distributed/producer/matching_workers.ts";
import { brokerOf } from "../fakes.ts";

const OURS = "a".repeat(64);

function worker(id: string, changes: Partial<WorkerRecord> = {}): WorkerRecord {
  return {
    ...{ id, fingerprint: OURS, module: "tasks.ts", tasks: ["square"], slots: 4, concurrency: 2, started: 0 },
    ...{ draining: false, inFlight: 0, succeeded: 0, failed: 0, rejected: 0, rate: 0 },
    ...changes,
  };
}

function start(...on: string[]) {
  let workers: WorkerRecord[] = [];
  /** For how long their entries are still valid, in milliseconds. */
  let left = 10_000;
  const said: string[] = [];
  const { broker, sent } = brokerOf({
    smembers: () => workers.map(({ id }) => id),
    pttl: () => left,
    mget: () => workers.map((record) => JSON.stringify(record)),
  });
  const matching = new MatchingWorkers({
    broker,
    run: "r",
    module: "tasks.ts",
    fingerprint: OURS,
    on,
    notice: (line) => void said.push(line),
  });
  const look = async (...there: WorkerRecord[]) => {
    workers = there;
    await matching.look(false);
    return said.splice(0);
  };
  const ageEntries = (ms: number) => void (left = 10_000 - ms);
  return { matching, look, ageEntries, sent };
}

test("slots, tasks and concurrency are those of workers with the same module that do not drain", async () => {
  const { matching, look } = start();
  const other = worker("o", { fingerprint: "b".repeat(64), slots: 100 });
  await look(worker("a"), worker("b", { draining: true, concurrency: 8 }), other);
  expect([matching.slots, matching.tasks, matching.concurrency]).toEqual([4, ["square"], 8]);
});

test("only workers with all labels of the run serve it, and a run without one says which labels there are", async () => {
  const { matching, look } = start("big", "gpu");
  expect(await look()).toEqual(["no worker with the labels big and gpu on the queue q yet; waiting for one"]);
  const [plain, one] = [worker("a"), worker("b", { labels: ["gpu"] })];
  expect(await look(plain, one)).toEqual([
    "no worker on the queue q has the labels big and gpu; waiting for one: the worker a has none; the worker b has the label gpu",
  ]);
  expect(matching.noneFor(performance.now())).toBeGreaterThan(0);
  const both = worker("c", { labels: ["big", "gpu", "new"], slots: 3 });
  expect(await look(plain, one, both)).toEqual([]);
  expect([matching.slots, matching.noneFor(performance.now())]).toEqual([3, 0]);
});

test("a run without workers says so once, and why, and again when that changes", async () => {
  const { look } = start();
  expect(await look()).toEqual(["no worker on the queue q yet; waiting for one"]);
  expect(await look()).toEqual([]);
  expect(await look(worker("a"))).toEqual([]);
  expect(await look(worker("a", { draining: true }))).toEqual([
    "the workers for this run on the queue q are shutting down; waiting for another",
  ]);
  expect(await look()).toEqual(["no worker on the queue q any more; waiting for one"]);
});

test("a worker with another version of the module is told once", async () => {
  const { look, sent } = start();
  const other = worker("o", { fingerprint: "b".repeat(64) });
  expect(await look(other)).toEqual([
    expect.stringMatching(/no worker on the queue q serves tasks.ts as it is here.*bbbbbbbb, here aaaaaaaa/),
  ]);
  await look(other);
  expect(sent.filter(([name]) => name === "rpush")).toEqual([
    ["rpush", "polyloop:q:notes:o", expect.stringContaining("its tasks.ts differs")],
  ]);
});

test("a worker that has stopped renewing its entry is named once, at the second look", async () => {
  const { look, ageEntries } = start();
  ageEntries(4_000);
  expect(await look(worker("a"))).toEqual([]);
  ageEntries(6_000);
  expect(await look(worker("a"))).toEqual([
    "the worker a has not been heard of for 6 s; if it is gone, its inputs run again on others",
  ]);
  ageEntries(8_000);
  expect(await look(worker("a"))).toEqual([]);
  ageEntries(0);
  expect(await look(worker("a"))).toEqual([]);
  ageEntries(5_000);
  expect(await look(worker("a"))).toEqual([]);
});
