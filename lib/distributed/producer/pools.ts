/** The pools of workers that serve a run, and how many job chunks the run has in each. */

import { poolOf, serves } from "../broker/labels.ts";
import type { WorkerRecord } from "../broker/protocol.ts";
import { type Asking, roomsOf } from "./shares.ts";

/** Number of slots that are assumed while no worker is present. A guess. */
const SLOTS_UNSEEN = 8;

interface Pool {
  slots: number;
  /** Number of job chunks that the run may have there. */
  room: number;
}

export class Pools {
  /** The labels that the run's workers need. */
  readonly on: readonly string[];
  #pools: Map<string, Pool>;
  /** Number of the run's job chunks, by pool. */
  readonly #open = new Map<string, number>();

  constructor(on: readonly string[] = []) {
    this.on = on;
    this.#pools = this.#unseen();
  }

  /** Number of slots of all pools; a guess while no worker is present. */
  get slots(): number {
    let slots = 0;
    for (const pool of this.#pools.values()) slots += pool.slots;
    return slots || SLOTS_UNSEEN;
  }

  /** Number of job chunks that the run may have in all pools. */
  get room(): number {
    let room = 0;
    for (const pool of this.#pools.values()) room += pool.room;
    return room;
  }

  /** Whether a pool has room for another job chunk. */
  get hasRoom(): boolean {
    for (const [name, { room }] of this.#pools) if (this.openIn(name) < room) return true;
    return false;
  }

  /** The names of the pools that may have job chunks of the run. */
  get names(): string[] {
    const open = [...this.#open].flatMap(([name, open]) => open > 0 ? [name] : []);
    return [...new Set([poolOf(this.on), ...this.#pools.keys(), ...open])];
  }

  /** Whether there are workers in a pool, or it is the one that is assumed while there are none. */
  has(name: string): boolean {
    return this.#pools.has(name);
  }

  /** Divides the present workers of the run's version among the run and the others. */
  divide(
    workers: readonly Pick<WorkerRecord, "labels" | "slots" | "draining">[],
    priority: number,
    others: readonly Asking[],
  ): void {
    const byName = new Map<string, { labels: readonly string[]; slots: number }>();
    for (const { labels = [], slots, draining } of workers) {
      const pool = byName.get(poolOf(labels)) ?? { labels, slots: 0 };
      byName.set(poolOf(labels), { labels, slots: pool.slots + (draining ? 0 : slots) });
    }
    const names = [...byName.keys()];
    const all = [...byName.values()];
    const rooms = roomsOf(all, { on: this.on, priority }, others);
    const pools = all.map(({ slots }, at): [string, Pool] => [names[at], { slots, room: rooms[at] }]);
    const mine = pools.filter((_, at) => serves(all[at].labels, this.on));
    const isServed = mine.some(([, { slots }]) => slots > 0);
    this.#pools = new Map(isServed ? mine : [...mine, ...this.#unseen()]);
  }

  /** Returns the pool for the next job chunk: the one that lacks most. */
  next(): string {
    let [best, most] = [poolOf(this.on), -Infinity];
    for (const [name, { slots, room }] of this.#pools) {
      const lacking = (room - this.openIn(name)) / Math.max(1, slots);
      if (lacking > most) [best, most] = [name, lacking];
    }
    return best;
  }

  /** Number of the run's job chunks in a pool. */
  openIn(name: string): number {
    return this.#open.get(name) ?? 0;
  }

  /** Notes that a job chunk was opened in a pool. */
  opened(name: string): void {
    this.#open.set(name, this.openIn(name) + 1);
  }

  /** Notes that a job chunk of a pool was closed. */
  closed(name: string): void {
    this.#open.set(name, this.openIn(name) - 1);
  }

  /**
   * Returns the pools that have too many of the run's job chunks, each with how many. `isEnd`: whether no further inputs wait. Then a pool
   * without work gets some of what waits in another one.
   */
  crowded(isEnd: boolean): [name: string, excess: number][] {
    const pools = [...this.#pools];
    let idle = 0;
    if (isEnd) {
      for (const [name, { slots, room }] of pools) {
        idle += Math.max(0, Math.min(slots, room) - this.openIn(name));
      }
    }
    return pools.flatMap(([name, { slots, room }]): [string, number][] => {
      const open = this.openIn(name);
      const excess = Math.max(open - room, Math.min(idle, open - slots));
      if (excess <= 0) return [];
      idle -= excess;
      return [[name, excess]];
    });
  }

  /** Which slots are assumed while no worker serves the run. None if it needs labels: then other workers would take its job chunks. */
  #unseen(): Map<string, Pool> {
    const room = this.on.length > 0 ? 0 : 2 * SLOTS_UNSEEN;
    return new Map([[poolOf(this.on), { slots: 0, room }]]);
  }
}
