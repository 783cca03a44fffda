/**
 * The pools that are compared, each through its public API with its own defaults but for two workers, and for
 * the number of tasks that a worker may have at once where a peer is slower without (see `README.md`).
 *
 * @module
 */

/** Workers of every pool. */
export const WORKERS = 2;

/** Where the tasks are. */
export const TASKS = new URL("../programs/tasks.ts", import.meta.url);

/** The functions of `TASKS` that every pool can run. */
export type TaskName = "noop" | "identity";

/** Ours, and its peers. */
export type PoolName = "polyloop" | PeerName;

/** The peers. */
export type PeerName = typeof PEERS[number];

/** The peers. */
export const PEERS = ["piscina", "tinypool", "workerpool", "poolifier"] as const;

/** A pool that runs, for one task. */
export interface Pool {
  /** Runs one task. */
  run(input: unknown): Promise<unknown>;
  /** Runs one per input, where the pool has a call for it that is lazy and keeps the order. */
  map?(inputs: unknown[]): AsyncIterable<unknown> & { toArray(): Promise<unknown[]> };
}

/** Opens a pool. Only its own package is loaded. */
export async function open(name: PoolName, task: TaskName): Promise<Pool> {
  const peer: { open(task: TaskName): Pool } = await import(`./${name}.ts`);
  return peer.open(task);
}
