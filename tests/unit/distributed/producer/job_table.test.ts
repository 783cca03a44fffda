/** A producer's jobs in Redis. */

import { expect, test } from "vitest";
import { JobTable } from "../../../../lib/distributed/producer/job_table.ts";
import { OpenChunks } from "../../../../lib/distributed/producer/open_chunks.ts";
import { Pools } from "../../../../lib/distributed/producer/pools.ts";
import { brokerOf, feedOf } from "../fakes.ts";

type Fields = (string | null)[];

function start(hashes: Record<string, Fields>) {
  const { broker } = brokerOf({
    hmget: (key) => hashes[key as string] ?? [null, null, null, null, null],
    lrange: () => [],
  });
  const added: [queue: string, job: { opts: { jobId: string }; data: unknown }][] = [];
  const queueOf = (name: string) => ({
    toKey: (id: string) => `${name}:${id}`,
    addBulk: (jobs: never[]) => Promise.resolve(void added.push(...jobs.map((job) => [name, job] as never))),
    remove: (id: string) => Promise.resolve(id === "r-t.1" ? 1 : 0),
  });
  Object.assign(broker, { queues: () => ({ chunks: queueOf("chunks"), quarantine: queueOf("quarantine") }) });
  const jobs = new JobTable(broker, { run: "r", token: "t", fingerprint: "a".repeat(64) });
  const chunks = new OpenChunks({ run: "r", token: "t", pools: new Pools() });
  const { feed } = feedOf("square", []);
  const many = chunks.open(feed, { first: 3, texts: ["1", "2"] });
  const alone = chunks.open(feed, { first: 5, texts: ["3"], alone: true });
  return { jobs, many, alone, added };
}

test("a job holds its inputs, and one that runs alone is on the quarantine queue", async () => {
  const { jobs, many, alone, added } = start({});
  await jobs.add([many, alone]);
  expect(added).toMatchObject([
    ["chunks", {
      opts: { jobId: "r-t.1", attempts: 1 },
      data: {
        v: 1,
        run: "r",
        token: "t",
        task: "square",
        count: 2,
        lines: "1\n2\n",
        first: 3,
        keys: "r.t.1",
      },
    }],
    ["quarantine", { opts: { jobId: "r-t.2" }, data: { count: 1, lines: "3\n", first: 5 } }],
  ]);
});

const STALLED = "job stalled more than allowable limit";

test.each<[string, Fields, object]>([
  ["is not there", [null, null, null, null, null], { kind: "missing" }],
  ["has not ended", ["square", null, null, null, "w"], { kind: "open" }],
  ["has ended", ["square", "1", null, "{}", "w"], { kind: "completed", results: "{}" }],
  ["was lost by workers", ["square", "1", STALLED, null, "v w"], {
    kind: "failed",
    reason: STALLED,
    workers: ["v", "w"],
  }],
  ["was lost before a worker had begun it", ["square", "1", STALLED, null, null], { workers: [] }],
  ["was deleted while it ran", [null, "1", "rejected: it is no job chunk", null, "w"], {
    kind: "failed",
    reason: expect.stringContaining("was deleted"),
    workers: [],
  }],
])("a job that %s is told apart", async (_, fields, state) => {
  const { jobs, many } = start({ "chunks:r-t.1": fields });
  expect(await jobs.look([many])).toEqual([expect.objectContaining(state)]);
});

test("remove() tells which jobs a worker still has", async () => {
  const { jobs, many, alone } = start({});
  expect(await jobs.remove([many, alone])).toEqual([true, false]);
  expect(await jobs.remove([])).toEqual([]);
});

test("a job chunk has the lowest version that has what it needs", async () => {
  const { jobs, many, added } = start({});
  const none = { batch: undefined, adds: undefined, timed: undefined, prints: undefined };
  for (const more of [{}, { batch: 2 }, { adds: true }, { timed: true }, { prints: true }]) {
    Object.assign(many.feed.spec, none, more);
    await jobs.add([many]);
    expect(added.pop()?.[1].data).toMatchObject({ v: Object.keys(more).length > 0 ? 3 : 1, ...more });
  }
});
