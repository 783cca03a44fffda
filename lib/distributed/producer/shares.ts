/**
 * Divides workers among runs. Each pool has room for two job chunks per slot. Runs of a higher priority get what they ask for,
 * and runs of equal priority get equal parts. What one run does not need goes to the others.
 */

import { serves } from "../broker/labels.ts";

/** Number of job chunks in flight for each slot: one runs while the next one is on its way. */
const PER_SLOT = 2;

/** Workers with the same labels. */
export interface PoolSize {
  labels: readonly string[];
  slots: number;
}

export interface Asking {
  /** The labels that its workers need. */
  on: readonly string[];
  priority: number;
  /** Number of its job chunks in flight. */
  chunks: number;
  /** Whether further inputs wait for room. */
  waits: boolean;
}

/** Returns the number of job chunks that a run may have in flight in each pool, beside the other runs. */
export function roomsOf(
  pools: readonly PoolSize[],
  run: Omit<Asking, "chunks" | "waits">,
  others: readonly Asking[],
): number[] {
  const slotsOf = ({ on }: Asking) =>
    pools.reduce((sum, { labels, slots }) => sum + (serves(labels, on) ? slots : 0), 0);
  const asking = others.map((other) => ({ ...other, slots: slotsOf(other) }));
  return pools.map(({ labels, slots }) => {
    if (!serves(labels, run.on) || slots === 0) return 0;
    const here = asking.filter(({ on }) => serves(labels, on)).map((
      { priority, waits, chunks, slots: all },
    ) => ({
      priority,
      most: waits ? Infinity : chunks * slots / all,
    }));
    const above = here.filter(({ priority }) => priority > run.priority);
    const left = PER_SLOT * slots - above.reduce((sum, { most }) => sum + most, 0);
    if (left <= 0) return 0;
    const equal = here.filter(({ priority }) => priority === run.priority).map(({ most }) => most);
    return Math.max(1, Math.floor(evenPart(left, equal)));
  });
}

/** Returns the part of `amount` for one who takes all that it gets, beside others who take at most these amounts. */
function evenPart(amount: number, others: number[]): number {
  let sharing = others.length + 1;
  let left = amount;
  for (const most of others.sort((one, other) => one - other)) {
    if (most >= left / sharing) break;
    left -= most;
    sharing--;
  }
  return left / sharing;
}
