/**
 * The most that two workers could do: batches of objects that they send back as they are, with several on
 * the way to each, so that none waits for the other side.
 *
 * @module
 */

import { WORKERS } from "../peers/pool.ts";
import { type BareWorker, startEcho } from "./bare_worker.ts";
import { page } from "./page.ts";
import { program, time } from "./program.ts";

const BATCH = 256;
/** Batches on the way to each worker. Fewer leave it waiting, more gain nothing. */
const AHEAD = 4;

await program(async ({ count, warmup }: { count: number; warmup: number }) => {
  const workers = await Promise.all(Array.from({ length: WORKERS }, startEcho));
  await pass(workers, Array.from({ length: warmup }, (_, index) => page(index)));
  const values = Array.from({ length: count }, (_, index) => page(index));
  return count / (await time(() => pass(workers, values)) / 1000);
});

/** Sends all of them, and puts what comes back in its place. */
function pass(workers: BareWorker[], values: unknown[]): Promise<unknown[]> {
  const results = new Array(values.length);
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
        for (let at = 0; at < batch.length; at++) results[start + at] = batch[at];
        received += batch.length;
        send();
        if (received === values.length) done(results);
      });
      for (let batch = 0; batch < AHEAD; batch++) send();
    }
  });
}
