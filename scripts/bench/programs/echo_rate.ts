/**
 * Measures the maximum rate of two bare workers. They send batches back unchanged, or after a call of a function for
 * each value. Several batches are on the way to each worker, so that it never waits.
 */

import { WORKERS } from "../peers/pool.ts";
import { type BareWorker, startCalling, startEcho } from "./bare_worker.ts";
import { page } from "./page.ts";
import { program, time } from "./program.ts";

const BATCH = 256;
/** Number of batches on the way to each worker. With fewer, the worker waits; with more, nothing is gained. */
const AHEAD = 4;

/** What is measured. */
export interface EchoOptions {
  /** `promises`: numbers, each with its own promise. */
  of: "objects" | "numbers" | "promises";
  count: number;
  /** Number of values in the first pass, which is not measured. */
  warmup: number;
  workers?: number;
}

await program(async ({ of, count, warmup, workers: size = WORKERS }: EchoOptions) => {
  const start = of === "objects" ? startEcho : startCalling;
  const workers = await Promise.all(Array.from({ length: size }, start));
  const make = of === "objects" ? page : (index: number) => index;
  const run = of === "promises" ? passPromises : pass;
  await run(workers, Array.from({ length: warmup }, (_, index) => make(index)));
  const values = Array.from({ length: count }, (_, index) => make(index));
  return count / (await time(() => run(workers, values)) / 1000);
});

/** Sends all values, with a promise for each. */
async function passPromises(workers: BareWorker[], values: unknown[]): Promise<unknown> {
  const settle: ((value: unknown) => void)[] = [];
  const promises = values.map(() => new Promise((resolve, reject) => settle.push(resolve, reject)));
  pass(workers, values, (at, result) => settle[2 * at](result));
  return await Promise.all(promises);
}

/** Sends all values. Puts each result in the place of its value, or passes it to `onResult`. */
function pass(
  workers: BareWorker[],
  values: unknown[],
  onResult?: (at: number, result: unknown) => void,
): Promise<unknown[]> {
  const results = new Array(values.length);
  const take = onResult ?? ((at, result) => results[at] = result);
  let sent = 0;
  let received = 0;
  return new Promise((done) => {
    for (const worker of workers) {
      // Each worker answers in order.
      const waiting: number[] = [];
      const send = () => {
        if (sent >= values.length) return;
        waiting.push(sent);
        worker.post(values.slice(sent, sent += BATCH));
      };
      worker.listen((message) => {
        const batch = message as unknown[];
        const start = waiting.shift()!;
        for (let at = 0; at < batch.length; at++) take(start + at, batch[at]);
        received += batch.length;
        send();
        if (received === values.length) done(results);
      });
      for (let batch = 0; batch < AHEAD; batch++) send();
    }
  });
}
