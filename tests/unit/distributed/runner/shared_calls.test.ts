/** Calls of run() that travel together. */

import { expect, test } from "vitest";
import { ChunkFeed } from "../../../../lib/distributed/producer/chunk_feed.ts";
import { OpenChunks } from "../../../../lib/distributed/producer/open_chunks.ts";
import { Pools } from "../../../../lib/distributed/producer/pools.ts";
import { SharedCalls } from "../../../../lib/distributed/runner/shared_calls.ts";

test("each call settles with the outcome of its input, and the last one tells that none is open", async () => {
  let emptied = 0;
  const calls = new SharedCalls((sink) =>
    new ChunkFeed({
      spec: { task: "a", input: "json", output: "json", options: {} },
      number: 1,
      sink,
      host: {
        counted: () => {},
        filled: () => {},
        roomGranted: () => {},
        withdraw: () => Promise.resolve([]),
      },
    }), () => emptied++);
  const call = (input: unknown) => new Promise((resolve, reject) => calls.add(input, { resolve, reject }));
  const all = Promise.allSettled([call(1), call(2n), call(3)]);
  const { feed } = calls;
  const first = feed.take(1)!;
  const chunk = new OpenChunks({ run: "r", token: "t", pools: new Pools() }).open(feed, first);
  feed.succeeded(chunk, 0, { micros: 1, values: ['{"n":1}'], workerId: 1 });
  expect(emptied).toBe(0);
  feed.cancel(new Error("enough"));
  expect(await all).toMatchObject([
    { status: "fulfilled", value: { n: 1 } },
    { status: "rejected", reason: { name: "TaskCloneError" } },
    { status: "rejected", reason: { message: "enough" } },
  ]);
  expect(emptied).toBe(1);
});
