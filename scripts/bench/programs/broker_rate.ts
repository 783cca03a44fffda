/**
 * Measures items per second over a broker, on the producer's side: with polyloop, or with BullMQ alone and one job per
 * item.
 */

import process from "node:process";
import { Queue, Redis } from "../../../lib/distributed/broker/bullmq.ts";
import { DistributedExecutor } from "../../../lib/distributed/mod.ts";
import { program, time } from "./program.ts";

/** What is measured. */
export interface BrokerRateOptions {
  redis: string;
  kind: "polyloop" | "bare";
  task: "identity" | "spin";
  /** The input of each task. Default: a different number each. */
  input?: number;
  count: number;
  chunkSize?: number;
}

/** Number of jobs that are passed to BullMQ in one call. */
const BATCH = 1_000;

process.on("unhandledRejection", () => {});

await program(async ({ redis, kind, task, input, count, chunkSize }: BrokerRateOptions) => {
  if (kind === "bare") return count / (await time(() => bare(redis, count)) / 1_000);
  const executor = new DistributedExecutor(new URL("./tasks.ts", import.meta.url), { redis, chunkSize });
  await executor.ready();
  let most = 0;
  const connection = new Redis(redis);
  const look = async () => {
    const used = Number(/^used_memory:(\d+)/m.exec(await connection.info("memory"))![1]);
    most = Math.max(most, used);
  };
  const looking = setInterval(() => void look().catch(() => {}), 50);
  function* inputs() {
    for (let index = 0; index < count; index++) yield input ?? index;
  }
  const spent = await time(async () => {
    let results = 0;
    for await (const batch of executor.map(task, inputs()).batches()) results += batch.length;
    if (results !== count) throw new Error(`${results} results for ${count} inputs`);
  });
  await look();
  clearInterval(looking);
  await executor.close();
  return { rate: count / (spent / 1_000), memory: most / 1e6 };
});

/** Resolves when all jobs are done. */
async function bare(redis: string, count: number): Promise<void> {
  const queue = new Queue("bare", { connection: new Redis(redis, { maxRetriesPerRequest: null }) });
  for (let index = 0; index < count; index += BATCH) {
    const size = Math.min(BATCH, count - index);
    await queue.addBulk(Array.from({ length: size }, (_, at) => ({ name: "item", data: index + at })));
  }
  for (;;) {
    const { waiting, active } = await queue.getJobCounts("waiting", "active");
    if (waiting + active === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
