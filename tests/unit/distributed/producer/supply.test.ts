/** The supply of workers with job chunks. */

import { expect, test } from "vitest";
import type { Chunk } from "../../../../lib/distributed/producer/chunk_feed.ts";
import { Cutter } from "../../../../lib/distributed/producer/cutter.ts";
import { OpenChunks } from "../../../../lib/distributed/producer/open_chunks.ts";
import { Pools } from "../../../../lib/distributed/producer/pools.ts";
import { Supply } from "../../../../lib/distributed/producer/supply.ts";
import { feedOf } from "../fakes.ts";

/** The supply of a run with one input a job chunk, and the sizes of the groups of job chunks that were added. */
function scene({ added = () => Promise.resolve() }: { added?: (chunks: Chunk[]) => Promise<void> } = {}) {
  const cutter = new Cutter(1);
  const pools = new Pools();
  const open = new OpenChunks({ run: "r", token: "t", pools });
  const groups: number[] = [];
  const supply = new Supply({
    cutter,
    pools,
    open,
    spent: { size: 0 } as never,
    async add(chunks) {
      groups.push(chunks.length);
      await added(chunks);
    },
  });
  return { supply, pools, open, groups };
}

/** Resolves when everything that is ready has run. */
const settled = () => new Promise<void>((resolve) => setTimeout(resolve));

test("feeds that are filled in one turn share a group of job chunks, twice as many as there are slots", async () => {
  const { supply, pools, open, groups } = scene();
  pools.divide([{ slots: 2, draining: false }], 0, []);
  for (const task of ["a", "b"]) supply.filled(feedOf(task, [1, 2, 3]).feed);
  expect(groups).toEqual([]);
  await settled();
  expect(groups).toEqual([4]);
  open.close(open.all[0]);
  supply.refill();
  await settled();
  expect([groups, open.size]).toEqual([[4, 1], 4]);
});

test("eight slots are assumed while no worker is present", async () => {
  const { supply, pools, open } = scene();
  pools.divide([], 0, []);
  supply.filled(feedOf("a", Array.from({ length: 30 }, (_, n) => n)).feed);
  await settled();
  expect([pools.slots, open.size]).toEqual([8, 16]);
});

test("a pause cuts nothing, and its end what waits", async () => {
  const { supply, groups } = scene();
  supply.pause("program");
  supply.filled(feedOf("a", [1]).feed);
  await settled();
  expect(groups).toEqual([]);
  supply.resume("program");
  await settled();
  expect(groups).toEqual([1]);
});

test("a run that the program and an operator have paused goes on when both have ended their pause", async () => {
  const { supply, groups } = scene();
  supply.pause("program");
  supply.pause("operator");
  supply.filled(feedOf("a", [1]).feed);
  supply.resume("program");
  await settled();
  expect(groups).toEqual([]);
  supply.resume("operator");
  await settled();
  expect(groups).toEqual([1]);
});

test("inputs that arrive while job chunks are added leave next", async () => {
  const first = Promise.withResolvers<void>();
  const { supply, groups } = scene({ added: () => first.promise });
  supply.filled(feedOf("a", [1]).feed);
  await settled();
  expect(supply.isFilling).toBe(true);
  supply.filled(feedOf("b", [2, 3]).feed);
  first.resolve();
  await settled();
  expect([groups, supply.isFilling]).toEqual([[1, 2], false]);
});

test("after the end nothing is cut", async () => {
  const { supply, groups } = scene();
  supply.stop();
  supply.filled(feedOf("a", [1]).feed);
  await settled();
  expect(groups).toEqual([]);
});
