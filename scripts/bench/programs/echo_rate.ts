/**
 * The most that two workers could do: batches that they send back as they are, or after they have called a function for
 * each value, with several on the way to each worker, so that none waits for the other side.
 *
 * @module
 */

import { WORKERS } from "../peers/pool.ts";
import { type BareWorker, startCalling, startEcho } from "./bare_worker.ts";
import { page } from "./page.ts";
import { program, time } from "./program.ts";

const BATCH = 256;
/** Batches on the way to each worker. Fewer leave it waiting, more gain nothing. */
const AHEAD = 4;

/** What is measured. */
export interface EchoOptions {
  /** `promises`: numbers, each with a promise that is settled by itself. */
  of: "objects" | "numbers" | "promises";
  count: number;
  /** How many in the pass before, which is not measured. */
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

/** The same, with a promise for each value. */
async function passPromises(workers: BareWorker[], values: unknown[]): Promise<unknown> {
  const settle: ((value: unknown) => void)[] = [];
  const promises = values.map(() => new Promise((resolve, reject) => settle.push(resolve, reject)));
  pass(workers, values, (at, result) => settle[2 * at](result));
  return await Promise.all(promises);
}

/** Sends all of them, and puts what comes back in its place, or where `onResult` has it. */
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
      // Each answers in order.
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
