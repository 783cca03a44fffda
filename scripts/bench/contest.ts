/** Compares polyloop with its peers: rates of tasks that do nothing. */

import { ask } from "./child.ts";
import { best, human, type Measures, median, ratios, spread } from "./figures.ts";
import { PEERS, type PoolName } from "./peers/pool.ts";
import type { EchoOptions } from "./programs/echo_rate.ts";
import type { RateOptions } from "./programs/rate.ts";
import type { Bench, Measured } from "./row.ts";
import type { Runtime } from "./runtimes.ts";

/** Measures tasks per second, in a separate process. */
export function rate(runtime: Runtime, options: RateOptions): Promise<number> {
  return ask<number>(runtime, "rate", options);
}

/** Measures tasks per second of bare workers, without an executor. */
export function bareRate(runtime: Runtime, options: EchoOptions): Promise<number> {
  return ask<number>(runtime, "echo_rate", options);
}

/** The comparison of rates with those of bare workers. */
export function nearBare(ours: number[], bare: number[]): Omit<Measured, "measure"> {
  return { target: { atLeast: 0.75 }, unit: "×", ...spread(ratios(ours, bare)) };
}

/** One measurement per peer, by its `run`. Peers get fewer tasks than polyloop, so that a round stays short. */
export function peerRates(
  { size }: Bench,
  runtime: Runtime,
  task: RateOptions["task"],
): Measures {
  const measure = (pool: PoolName) => () =>
    rate(runtime, {
      pool,
      task,
      call: "run",
      inputs: "numbers",
      count: size(30_000, 50),
      warmup: size(10_000, 10),
    });
  return Object.fromEntries(PEERS.map((pool) => [pool, measure(pool)]));
}

/** The ratios of polyloop's rates to those of the peer with the best median. */
export function overBestPeer(figures: Record<string, number[]>, ours: string): Omit<Measured, "measure"> {
  const peers = Object.fromEntries(PEERS.map((peer) => [peer, figures[peer]]));
  return { unit: "×", ...spread(ratios(figures[ours], peers[best(peers)])) };
}

/** Returns all rates, as a line of text. */
export function told(runtime: Runtime, figures: Record<string, number[]>): string {
  const rates = Object.entries(figures).map(([name, values]) => `${name} ${human(median(values) / 1000)}k`);
  return `${runtime.name}, tasks/s: ${rates.join(", ")}`;
}
