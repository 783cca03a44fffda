/**
 * A worker of a broker that runs until it is killed: of polyloop, or of BullMQ alone with one job per item. Prints a
 * line when it serves.
 */

import process from "node:process";
import { Redis, Worker } from "../../../lib/distributed/broker/bullmq.ts";
import { serveTasks } from "../../../lib/distributed/mod.ts";

/** What it serves. */
export interface BrokerWorkerOptions {
  redis: string;
  kind: "polyloop" | "bare";
  workers: number;
  concurrency: number;
}

const { redis, kind, workers, concurrency }: BrokerWorkerOptions = JSON.parse(process.argv[2]);

if (kind === "polyloop") {
  await serveTasks(new URL("./tasks.ts", import.meta.url), { redis, workers, concurrency });
} else {
  const connection = new Redis(redis, { maxRetriesPerRequest: null });
  const worker = new Worker("bare", (job) => Promise.resolve(job.data), {
    connection,
    concurrency: workers * concurrency,
    removeOnComplete: { count: 0 },
  });
  await worker.waitUntilReady();
}
console.log("serves");
