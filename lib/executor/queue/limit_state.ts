/**
 * What the successor of an executor must know to keep its limits. A run that is resumed after a crash starts no sooner than the
 * run would have gone on. All times are milliseconds since 1970, because each program has its own `performance.now()`.
 */

import type { Pool } from "../pool/pool.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { RateState } from "./rate.ts";
import type { Rates } from "./rates.ts";
import type { TaskQueue } from "./task_queue.ts";

/** The limits of one executor at one moment. */
export interface LimitState {
  /** By rate. Undefined: nothing is known. */
  rates: (RateState | undefined)[];
  /** When the gate opens that a `retryAfter` has closed; 0 if it is open. */
  opens: number;
  /** The keys whose gates are closed, and when they open. */
  keys: [key: string | number, opens: number][];
}

/** The parts of an executor that keep limits. */
interface Parts {
  rates: Rates | undefined;
  dispatcher: Pick<Dispatcher, "close" | "closedFor">;
  queue: Pick<TaskQueue, "closeKey" | "closedUntil">;
  pool: Pick<Pool, "all">;
}

export function limitsOf({ rates, dispatcher, queue, pool }: Parts): LimitState {
  const now = performance.now();
  // Their bodies begin at any moment.
  const sent = pool.all.flatMap(({ tasks }) => tasks.startsOverdue(Infinity));
  const closedFor = dispatcher.closedFor(now);
  const opens = closedFor > 0 ? now + closedFor : 0;
  return moved(
    { rates: rates?.save(sent, now) ?? [], opens, keys: queue.closedUntil(now) },
    Date.now() - now,
  );
}

/** Takes over the state of an executor that has ended. */
export function takeOver({ rates, dispatcher, queue }: Omit<Parts, "pool">, state: LimitState): void {
  const now = performance.now();
  const before = moved(state, now - Date.now());
  rates?.takeOver(before.rates, now);
  if (state.opens > 0) dispatcher.close(before.opens, now);
  for (const [key, opens] of before.keys) queue.closeKey(key, opens, now);
}

/** Moves the times of a state to another clock. */
export function moved({ rates, opens, keys }: LimitState, by: number): LimitState {
  const movedRate = ({ at, owed, recent }: RateState): RateState => {
    return { at: at + by, owed, recent: recent.map(([at, amount]) => [at + by, amount]) };
  };
  return {
    rates: rates.map((rate) => rate && movedRate(rate)),
    opens: opens > 0 ? opens + by : 0,
    keys: keys.map(([key, opens]) => [key, opens + by]),
  };
}
