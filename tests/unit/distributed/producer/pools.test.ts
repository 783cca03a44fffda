/** The pools of workers, and the job chunks of a run in them. */

import { expect, test } from "vitest";
import { Pools } from "../../../../lib/distributed/producer/pools.ts";

const worker = (slots: number, labels?: string[], draining = false) => ({ slots, labels, draining });

test("a run that needs no labels uses all pools, and job chunks go where most are lacking", () => {
  const pools = new Pools();
  pools.divide([worker(1), worker(1), worker(1, ["gpu"]), worker(1, ["big", "gpu"])], 0, []);
  expect([pools.slots, pools.room, pools.has("big+gpu"), pools.has("big")]).toEqual([4, 8, true, false]);
  const taken: Record<string, number> = {};
  while (pools.hasRoom) {
    const name = pools.next();
    taken[name] = (taken[name] ?? 0) + 1;
    pools.opened(name);
  }
  expect(taken).toEqual({ "": 4, "gpu": 2, "big+gpu": 2 });
});

test("a run that needs labels uses only workers that have all of them", () => {
  const pools = new Pools(["big", "gpu"]);
  expect([pools.hasRoom, pools.next()]).toEqual([false, "big+gpu"]);
  pools.divide([worker(2), worker(2, ["gpu"])], 0, []);
  expect(pools.hasRoom).toBe(false);
  pools.divide([worker(2), worker(3, ["big", "gpu", "new"])], 0, []);
  expect([pools.room, pools.next()]).toEqual([6, "big+gpu+new"]);
});

test("while all workers drain, job chunks are cut for the first one that comes, and those of the draining ones stay", () => {
  const pools = new Pools();
  pools.divide([worker(2, ["gpu"], true)], 0, []);
  expect([pools.has("gpu"), pools.next(), pools.room]).toEqual([true, "", 16]);
});

test("a pool is crowded by more job chunks than its room, and at the end by those that an idle pool could run", () => {
  const pools = new Pools();
  const workers = [worker(4), worker(4, ["gpu"])];
  pools.divide(workers, 0, []);
  for (let n = 0; n < 8; n++) pools.opened("gpu");
  expect(pools.crowded(false)).toEqual([]);
  expect(pools.crowded(true)).toEqual([["gpu", 4]]);
  pools.divide(workers, 0, [{ on: ["gpu"], priority: 0, chunks: 0, waits: true }]);
  expect(pools.crowded(false)).toEqual([["gpu", 4]]);
  pools.divide(workers, 0, [{ on: ["gpu"], priority: 1, chunks: 0, waits: true }]);
  expect(pools.crowded(false)).toEqual([["gpu", 8]]);
});
