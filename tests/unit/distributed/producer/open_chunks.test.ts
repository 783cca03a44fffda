/** The producer's table of job chunks, and one job chunk. */

import { expect, test } from "vitest";
import { OpenChunk } from "../../../../lib/distributed/producer/open_chunk.ts";
import { OpenChunks } from "../../../../lib/distributed/producer/open_chunks.ts";
import { Pools } from "../../../../lib/distributed/producer/pools.ts";
import { feedOf } from "../fakes.ts";

test("a table counts inputs and their length, and forgets a job chunk that is closed, once", () => {
  const chunks = new OpenChunks({ run: "r", token: "t", pools: new Pools() });
  const { feed } = feedOf("a", []);
  const one = chunks.open(feed, { first: 0, texts: ["12", "3"] });
  const alone = chunks.open(feed, { first: 2, texts: ["4"], alone: true });
  expect([one.id, alone.id]).toEqual(["r-t.1", "r-t.2"]);
  expect([chunks.size, chunks.inputs, chunks.bytes]).toEqual([2, 3, 4]);
  expect([...feed.chunks]).toEqual([one, alone]);
  one.settle(0);
  expect(chunks.inputs).toBe(2);
  chunks.close(one);
  chunks.close(one);
  expect([chunks.size, chunks.inputs, chunks.bytes, chunks.has(one), chunks.get("r-t.2")]).toEqual(
    [1, 1, 1, false, alone],
  );
  expect([...feed.chunks]).toEqual([alone]);
});

test("a job chunk knows which of its inputs have no outcome, as blocks of neighbours", () => {
  const chunk = new OpenChunk({
    id: "r-t.1",
    feed: undefined,
    pool: "",
    first: 10,
    texts: ["a", "b", "c", "d", "e"],
  });
  expect(chunk.areOpen(3, 2)).toBe(true);
  chunk.settle(1);
  chunk.settle(3, 2);
  expect(chunk.left).toBe(2);
  expect([chunk.isOpen(0), chunk.isOpen(1), chunk.isOpen(7)]).toEqual([true, false, false]);
  expect([chunk.areOpen(0, 2), chunk.areOpen(2, 1), chunk.areOpen(4, 5)]).toEqual([false, true, false]);
  expect(chunk.openBlocks()).toMatchObject([{ first: 10, texts: ["a"] }, { first: 12, texts: ["c"] }]);
});
