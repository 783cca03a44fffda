/** Active jobs that a worker was handed and does not have. */

import { expect, test } from "vitest";
import type { BullQueue } from "../../../../lib/distributed/broker/bullmq.ts";
import { OrphanedJobs } from "../../../../lib/distributed/server/stray_jobs.ts";
import { brokerOf } from "../fakes.ts";

test("an orphan is removed at the second look; a job in hand, or of another worker, never", async () => {
  const handedTo: Record<string, string> = { "q:mine": "w", "q:held": "w", "q:other": "v" };
  const { broker, sent } = brokerOf({
    lrange: () => ["mine", "held", "other"],
    hget: (key) => handedTo[key as string],
  });
  const queue = { toKey: (part: string) => `q:${part}` } as unknown as BullQueue;
  const orphaned = new OrphanedJobs({ broker, id: "w", queues: [queue], held: new Set(["held"]) });
  expect(await orphaned.look()).toBe(0);
  expect(await orphaned.look()).toBe(1);
  expect(sent.filter(([name]) => name === "del")).toEqual([["del", "q:mine", "q:mine:lock"]]);
});
