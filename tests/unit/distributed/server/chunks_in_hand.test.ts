/** Job chunks that a worker runs, and those that nobody waits for. */

import { expect, test } from "vitest";
import { ChunksInHand } from "../../../../lib/distributed/server/chunks_in_hand.ts";
import { brokerOf } from "../fakes.ts";

function start() {
  let holder: string | null = "t";
  let cancelled = 0;
  let token = "ours";
  const get = (key: unknown) => key === "job:lock" ? token : holder;
  const chunks = new ChunksInHand(brokerOf({ get, sismember: () => cancelled }).broker);
  const job = { id: "r-t.1", token: "ours" };
  const ended = Promise.withResolvers<never>();
  let aborts = 0;
  const run = { ended: ended.promise, abort: () => aborts++, drain: () => {} };
  void chunks.run(job, { chunk: { run: "r", token: "t" }, run, lock: "job:lock" });
  return {
    lose: () => token = "another worker's",
    chunks,
    job,
    end: async () => {
      ended.resolve(undefined as never);
      await chunks.ended();
    },
    aborts: () => aborts,
    set: (
      next: { holder?: string | null; cancelled?: number },
    ) => ({ holder = holder, cancelled = cancelled } = next),
  };
}

test("one whose run is under way goes on, and is let go when it has ended", async () => {
  const { chunks, job, end, aborts } = start();
  await chunks.look();
  expect([aborts(), chunks.size, chunks.has(job.id)]).toEqual([0, 1, true]);
  await end();
  await Promise.resolve();
  expect([chunks.size, chunks.isUnwanted(job)]).toEqual([0, false]);
});

test.each([
  ["its producer has cancelled it", { cancelled: 1 }],
  ["another producer has its run", { holder: "other" }],
])("one is aborted where %s", async (_, state) => {
  const { chunks, job, aborts, set } = start();
  set(state);
  await chunks.look();
  expect([aborts(), chunks.isUnwanted(job)]).toEqual([1, true]);
});

test("a lock that Redis may have lost ends a run only at the fourth look in a row", async () => {
  const { chunks, aborts, set } = start();
  set({ holder: null });
  for (let look = 0; look < 3; look++) await chunks.look();
  set({ holder: "t" });
  await chunks.look();
  set({ holder: null });
  for (let look = 0; look < 3; look++) await chunks.look();
  expect(aborts()).toBe(0);
  await chunks.look();
  expect(aborts()).toBe(1);
});

test("one whose job went to another worker is aborted at the fourth look, and the job stays", async () => {
  const { chunks, job, aborts, lose } = start();
  lose();
  for (let look = 0; look < 3; look++) await chunks.look();
  expect(aborts()).toBe(0);
  for (let look = 0; look < 3; look++) await chunks.look();
  expect([aborts(), chunks.isUnwanted(job)]).toEqual([1, false]);
});

test("one whose job this worker lost and got again is aborted, and the new one stays", async () => {
  const { chunks, job, aborts, end } = start();
  const run = { ended: new Promise<never>(() => {}), abort: () => {}, drain: () => {} };
  void chunks.run(job, { chunk: { run: "r", token: "t" }, run, lock: "job:lock" });
  expect(aborts()).toBe(1);
  await Promise.race([end(), Promise.resolve()]);
  expect(chunks.get(job.id)).toBe(run);
});
