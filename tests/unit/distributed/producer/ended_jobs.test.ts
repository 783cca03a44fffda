/** Jobs that have ended: which inputs get an outcome, which run again, and which job ends the run. */

import { expect, test } from "vitest";
import { BEGUN_STREAM } from "../../../../lib/distributed/broker/protocol.ts";
import { WorkerLostError } from "../../../../lib/errors.ts";
import type { Chunk } from "../../../../lib/distributed/producer/chunk_feed.ts";
import { EndedJobs } from "../../../../lib/distributed/producer/ended_jobs.ts";
import { OpenChunks } from "../../../../lib/distributed/producer/open_chunks.ts";
import { Pools } from "../../../../lib/distributed/producer/pools.ts";
import { Intake } from "../../../../lib/distributed/producer/result_intake.ts";
import { feedOf, resultsOf } from "../fakes.ts";

/** A job chunk of `inputs` inputs, and what the parts of its run were told. */
function scene({ inputs = 3, alone = false, lost = 0 } = {}) {
  const open = new OpenChunks({ run: "r", token: "t", pools: new Pools() });
  const { feed, told } = feedOf("a", []);
  const texts = Array.from({ length: inputs }, (_, n) => `${n}`);
  const chunk = open.open(feed, { first: 0, texts, alone, lost });
  const spent: Chunk[] = [];
  const added: Chunk[] = [];
  const said: string[] = [];
  const host = {
    hasEnded: false,
    add: (chunks: Chunk[]) => Promise.resolve(void added.push(...chunks)),
    fail(error: Error) {
      host.hasEnded = true;
      said.push(`ends: ${error.message}`);
    },
  };
  const ended = new EndedJobs({
    run: "r",
    open,
    spent: { add: (...chunks: Chunk[]) => void spent.push(...chunks) } as never,
    intake: new Intake({ sizerOf: () => ({ record() {} }) as never }),
    notice: (line) => void said.push(line),
    host,
  });
  /** The inputs of job chunks that are open or were put back to the feed. */
  const again = () => {
    const blocks: { texts: Chunk["texts"] }[] = open.all.flatMap((one) => one.openBlocks());
    for (let taken = feed.take(100); taken; taken = feed.take(100)) blocks.push(taken);
    return blocks.flatMap(({ texts }) => Array.isArray(texts) ? texts : []).sort();
  };
  return { ended, chunk, feed, told, spent, added, said, open, again };
}

const stalled = { kind: "failed", reason: "job stalled more than allowable limit", workers: ["w"] } as const;

test("a job with all results is spent, and nothing runs again", () => {
  const { ended, chunk, told, spent, again } = scene({ inputs: 2 });
  ended.completed(chunk, resultsOf([[0, "x"], [1, "y"]]));
  expect(told).toEqual([[0, '"x"'], [1, '"y"']]);
  expect([spent, again()]).toEqual([[chunk], []]);
});

test("inputs of a job that have no result run again, in others", () => {
  const { ended, chunk, told, again } = scene();
  ended.completed(chunk, resultsOf([[1, "y"]]));
  expect(told).toEqual([[1, '"y"']]);
  expect(again()).toEqual(["0", "2"]);
});

test.each(["", "null"])("a job whose worker drained (results %j) runs again at the next check", (results) => {
  const { ended, chunk, open, again } = scene();
  ended.completed(chunk, results);
  expect(open.all.map(({ id, added }) => [id, added])).toEqual([["r-t.2", false]]);
  expect(again()).toEqual(["0", "1", "2"]);
});

test("a loss that proves something isolates the inputs, and one that is lost alone fails", () => {
  const { ended, chunk, added, told } = scene({ inputs: 2 });
  ended.failed(chunk, stalled, "proof");
  expect(added.map(({ alone, texts }) => [alone, texts])).toEqual([[true, ["0"]], [true, ["1"]]]);
  expect(ended.quarantined).toBe(2);
  ended.failed(added[1], stalled, "proof");
  expect(told).toEqual([[1, expect.any(WorkerLostError)]]);
});

test("a loss that proves nothing is counted, and the twentieth counts as a proof", () => {
  const first = scene();
  first.ended.failed(first.chunk, stalled, "none");
  expect(first.open.all.map(({ lost, alone }) => [lost, alone])).toEqual([[1, false]]);
  const last = scene({ inputs: 1, alone: true, lost: 19 });
  last.ended.failed(last.chunk, stalled, "none");
  expect(last.told).toEqual([[0, expect.any(WorkerLostError)]]);
});

test("a loss whose worker may come back waits for the next check", () => {
  const { ended, chunk, open, spent } = scene();
  ended.failed(chunk, stalled, "open");
  expect([open.all, spent]).toEqual([[chunk], []]);
});

test("a run that a worker rejects ends, with the worker's reason", () => {
  const { ended, chunk, said } = scene();
  ended.failed(chunk, { kind: "failed", reason: "rejected: no task a", workers: [] }, "none");
  expect(said).toEqual(["ends: A worker rejects the run r: no task a"]);
});

test("rejected results are named ten times, and after a hundred in a row the run ends", () => {
  const { ended, chunk, said } = scene();
  for (let n = 0; n < 100; n++) ended.take(chunk, "nonsense");
  expect(said).toHaveLength(10);
  ended.take(chunk, resultsOf([[0, "x"]]));
  for (let n = 0; n < 100; n++) ended.take(chunk, "nonsense");
  expect(said).toHaveLength(10);
  ended.completed(chunk, "nonsense");
  expect(said.at(-1)).toBe("ends: The results of workers cannot be read: no JSON");
});

test("jobs that workers cannot begin run again, and after a hundred in a row the run ends", () => {
  const { ended, chunk, feed, open, said } = scene({ inputs: 1 });
  const failed = { kind: "failed", reason: "ENOENT", workers: [] } as const;
  ended.failed(chunk, failed, "none");
  for (let n = 1; n < 100; n++) ended.failed(open.all[0], failed, "none");
  expect([said, open.size]).toEqual([[], 1]);
  ended.failed(open.open(feed, { first: 0, texts: ["0"] }), failed, "none");
  expect(said).toEqual(["ends: Workers cannot begin: ENOENT"]);
});

test("a chunk that is not in Redis goes out itself, or, with outcomes, as others with the inputs that have none", () => {
  const whole = scene();
  expect(whole.ended.openPartsOf(whole.chunk)).toEqual([whole.chunk]);
  const { ended, chunk, spent } = scene({ lost: 2 });
  chunk.settle(1);
  const parts = ended.openPartsOf(chunk);
  expect(parts.map(({ first, texts, lost }) => [first, texts, lost])).toEqual([[0, ["0"], 2], [2, ["2"], 2]]);
  expect(spent).toEqual([chunk]);
});

test("a stream that has had values stays open while its worker is present, also if its job has failed", () => {
  for (const reason of [stalled.reason, BEGUN_STREAM]) {
    const { ended, chunk, open, spent, told } = scene_();
    chunk.yielded = 3;
    ended.failed(chunk, { ...stalled, reason }, "none");
    expect([open.all, spent, told]).toEqual([[chunk], [], []]);
  }
});

test("a stream that has had values fails with the job, however it ends, and one without runs again", () => {
  const end: ((scene: ReturnType<typeof scene_>) => void)[] = [
    ({ ended, chunk }) => ended.completed(chunk, ""),
    ({ ended, chunk }) => ended.failed(chunk, { ...stalled, reason: "the body has ended" }, "none"),
    ({ ended, chunk }) => ended.failed(chunk, stalled, chunk.yielded > 0 ? "proof" : "none"),
    ({ ended, chunk }) => void ended.openPartsOf(chunk),
  ];
  for (const ends of end) {
    const begun = scene_();
    begun.chunk.yielded = 3;
    ends(begun);
    expect(begun.told).toEqual([[0, expect.any(WorkerLostError)]]);
    expect([begun.again(), begun.added]).toEqual([[], []]);
    const fresh = scene_();
    ends(fresh);
    expect([fresh.told, fresh.again()]).toEqual([[], ["0"]]);
  }
});

test("values that cannot be read end their stream", () => {
  const { ended, chunk, told, said } = scene_();
  ended.takeValues(chunk, JSON.stringify({ v: 1, server: "w", first: 2, values: ["3"] }));
  expect(told).toEqual([[0, expect.objectContaining({ name: "BrokerError" })]]);
  expect(said).toEqual(["values of a stream of the run r are rejected: values before them are missing"]);
});

function scene_() {
  return scene({ inputs: 1 });
}
