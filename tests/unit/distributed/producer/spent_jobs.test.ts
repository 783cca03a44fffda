/** Jobs of which nothing is needed any more. */

import { expect, test } from "vitest";
import { OpenChunks } from "../../../../lib/distributed/producer/open_chunks.ts";
import { Pools } from "../../../../lib/distributed/producer/pools.ts";
import { SpentJobs } from "../../../../lib/distributed/producer/spent_jobs.ts";
import { feedOf } from "../fakes.ts";

function start(areGone: (ids: string[]) => boolean[]) {
  const log: string[] = [];
  const spent = new SpentJobs({
    jobs: {
      remove(chunks) {
        const ids = chunks.map(({ id }) => id);
        log.push(`remove ${ids}`);
        return Promise.resolve(areGone(ids));
      },
    },
    commit: () => void log.push("commit"),
  });
  const chunks = new OpenChunks({ run: "r", token: "t", pools: new Pools() });
  const { feed } = feedOf("a", []);
  const chunk = () => chunks.open(feed, { first: 0, texts: ["1"] });
  return { spent, log, chunk };
}

test("results are kept before their jobs are removed, those that are added meanwhile included", async () => {
  const { spent, log, chunk } = start((ids) => ids.map(() => true));
  spent.add(chunk());
  let rounds = 0;
  await spent.remove(() => {
    if (rounds++ === 0) spent.add(chunk());
  });
  expect(log).toEqual(["commit", "remove r-t.1", "commit", "remove r-t.2"]);
  expect(spent.size).toBe(0);
});

test("a job that a worker still runs stays for a later look", async () => {
  const { spent, log, chunk } = start((ids) => ids.map((id) => id !== "r-t.1"));
  spent.add(chunk(), chunk());
  await spent.remove(() => {});
  expect(log).toEqual(["commit", "remove r-t.1,r-t.2"]);
  expect(spent.stop().map(({ id }) => id)).toEqual(["r-t.1"]);
});

test("after stop() nothing is kept or removed", async () => {
  const { spent, log, chunk } = start(() => []);
  spent.add(chunk());
  spent.stop();
  await spent.remove(() => {});
  expect(log).toEqual([]);
});
