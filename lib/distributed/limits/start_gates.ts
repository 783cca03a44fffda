/** The gates of a limited run that an error's `retryAfter` closes: one for all attempts, and one for each key. */

import { Gate, type Stretch } from "../../executor/queue/gate.ts";
import type { LimitState } from "../../executor/queue/limit_state.ts";

type Key = string | number;

/** The gates of one run. All times are milliseconds of one clock. */
export class StartGates {
  readonly #all: Gate;
  readonly #keys = new Map<Key, Gate>();
  readonly #succeeded: () => number;
  /** Since when attempts wait, or the gate was last open, and how many inputs had succeeded then. */
  #backlog: Stretch | undefined;

  /**
   * @param isPaced whether the gate of all attempts spaces starts after a pause
   * @param succeeded returns the number of inputs that have succeeded
   */
  constructor(isPaced: boolean, succeeded: () => number) {
    this.#all = new Gate(isPaced);
    this.#succeeded = succeeded;
  }

  /** Number of attempts that may start now, whatever their keys. */
  due(now: number): number {
    return this.#all.due(now);
  }

  /** Time until the next start is due, whatever its key. */
  wait(now: number): number {
    return this.#all.wait(now);
  }

  letsStart(key: Key | undefined, now: number): boolean {
    return this.#gateOf(key)?.due(now) !== 0;
  }

  started(key: Key | undefined, now: number): void {
    this.#all.started(1, now);
    this.#gateOf(key)?.started(1, now);
  }

  /** Takes note that attempts wait. */
  someWait(now: number): void {
    this.#backlog ??= { since: now, done: this.#succeeded() };
  }

  /** Takes note that no attempt waits. */
  noneWaits(): void {
    if (!this.#all.isInForce) this.#backlog = undefined;
  }

  /** Closes the gate of a key, or that of all attempts. Returns false if it is closed for so long anyway. */
  close(delay: number, key: Key | undefined, now: number): boolean {
    const until = now + delay;
    if (key !== undefined) return this.#ofKey(key, now).close(until, now, { since: now, done: 0 });
    const succeeded = this.#succeeded();
    const { since, done } = this.#backlog ?? { since: now, done: succeeded };
    if (!this.#all.close(until, now, { since, done: succeeded - done })) return false;
    this.#backlog = { since: until, done: succeeded };
    return true;
  }

  /** Ends the pace of gates where all slots are in use. */
  full(now: number, areAllFull: boolean, isFull: (key: Key) => boolean): void {
    if (areAllFull) this.#all.full(now);
    for (const [key, gate] of this.#keys) if (isFull(key)) gate.full(now);
  }

  /** When the closed gates open. */
  state(now: number): Omit<LimitState, "rates"> {
    const keys = [...this.#keys].filter(([, gate]) => gate.opens > now)
      .map(([key, gate]): [Key, number] => [key, gate.opens]);
    return { opens: this.#all.opens > now ? this.#all.opens : 0, keys };
  }

  #gateOf(key: Key | undefined): Gate | undefined {
    return key === undefined ? undefined : this.#keys.get(key);
  }

  /** The gate of a key. Forgets gates that limit nothing any more, so that memory does not grow with the number of keys. */
  #ofKey(key: Key, now: number): Gate {
    for (const [key, gate] of this.#keys) if (gate.opens <= now && !gate.isInForce) this.#keys.delete(key);
    let gate = this.#keys.get(key);
    if (!gate) this.#keys.set(key, gate = new Gate());
    return gate;
  }
}
