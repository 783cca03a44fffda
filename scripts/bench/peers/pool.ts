/**
 * The compared pools, each through its public API. All options have their defaults, except two: the number of workers
 * is two, and peers that are slower with one task per worker get more (see `README.md`).
 */

/** Number of workers of every pool. */
export const WORKERS = 2;

/** The module with the tasks. */
export const TASKS = new URL("../programs/tasks.ts", import.meta.url);

/** The functions of `TASKS` that every pool can run. */
export type TaskName = "noop" | "identity";

/** The name of a pool: polyloop or a peer. */
export type PoolName = "polyloop" | PeerName;

/** The name of a peer. */
export type PeerName = typeof PEERS[number];

/** The names of the peers. */
export const PEERS = ["piscina", "tinypool", "workerpool", "poolifier"] as const;

/** An open pool for one task. */
export interface Pool {
  /** Runs one task. */
  run(input: unknown): Promise<unknown>;
  /** Runs one task per input. Undefined if the pool has no such call that is lazy and keeps the order. */
  map?(inputs: unknown[]): AsyncIterable<unknown> & { toArray(): Promise<unknown[]> };
}

/** Opens a pool. Loads only the package of this pool. */
export async function open(name: PoolName, task: TaskName): Promise<Pool> {
  const peer: { open(task: TaskName): Pool } = await import(`./${name}.ts`);
  return peer.open(task);
}
