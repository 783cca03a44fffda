/**
 * Measures requests per second to a local server that slows down above 40 requests in flight. The concurrency is fixed,
 * or the executor finds it.
 */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Executor } from "../../../mod.ts";
import { TASKS, WORKERS } from "../peers/pool.ts";
import { program } from "./program.ts";
import type * as tasks from "./tasks.ts";

/** What is measured. */
export interface LevelOptions {
  concurrency: number | "auto";
  /** Duration in milliseconds. */
  duration: number;
}

/** The result. */
export interface Level {
  perSecond: number;
  /** Tasks in flight per worker at the end. */
  settled: number;
}

/**
 * The number of requests that the server handles without slowing down, and the time of one request then, in
 * milliseconds.
 */
const BEARS = 40;
const QUICK = 50;

await program(async ({ concurrency, duration }: LevelOptions): Promise<Level> => {
  let inFlight = 0;
  const server = createServer((_, response) => {
    inFlight++;
    setTimeout(() => {
      inFlight--;
      response.end("ok");
    }, QUICK * Math.max(1, (inFlight / BEARS) ** 2));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const executor = new Executor<typeof tasks>(TASKS, { workers: WORKERS, concurrency });
  await executor.ready();
  const drain = new AbortController();
  function* urls() {
    for (;;) yield url;
  }
  let count = 0;
  const begun = performance.now();
  let took = 0;
  for await (const _ of executor.map("fetched", urls(), { ordered: false, drain: drain.signal })) {
    if (drain.signal.aborted) continue;
    // A request that ends late counts, too: on a busy machine it may be the first one.
    count++;
    took = performance.now() - begun;
    if (took >= duration) drain.abort();
  }
  return { perSecond: (count / took) * 1_000, settled: executor.concurrency };
});
