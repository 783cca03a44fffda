/**
 * Which inputs of limited keys are in job chunks. A job chunk that waits on a worker for its key would only hold up others there, so inputs
 * beyond a key's limit wait here. `start_limits.ts` keeps the limit itself.
 */

import { Fifo } from "../../executor/basics/fifo.ts";
import type { Texts } from "../broker/encoding.ts";
import type { Terms } from "./input_terms.ts";

type Key = string | number;

/** A job chunk, as far as it matters here. */
interface Chunk {
  feed: { spec: { termsOf?: (text: string) => Terms } };
  texts: Texts;
}

/** Neighbouring inputs that wait. The first one has the index `first`. */
export interface Waiting {
  first: number;
  texts: Texts;
  /** Number of their next attempt. */
  attempt: number;
  /** When they began to wait, in milliseconds of `performance.now()`. */
  arrived: number;
}

/**
 * Number of inputs of a key in job chunks, as a multiple of its limit. A guess: the next ones are at a worker when bodies end. With more,
 * job chunks that wait for their key would hold up others there.
 */
const AHEAD = 2;

export class KeyShares {
  readonly #most: number;
  readonly #keys = new Map<Chunk, Key>();
  readonly #open = new Map<Key, number>();
  readonly #lanes = new Set<KeyLanes>();
  readonly #freed: () => void;

  /** `freed` is called when an input of some key can be taken again. */
  constructor(most: number, freed: () => void) {
    this.#most = AHEAD * most;
    this.#freed = freed;
  }

  /** Tells lanes of keys that fall free. */
  join(lanes: KeyLanes): void {
    this.#lanes.add(lanes);
  }

  /** Tells these lanes no more. */
  leave(lanes: KeyLanes): void {
    this.#lanes.delete(lanes);
  }

  hasRoom(key: Key): boolean {
    return (this.#open.get(key) ?? 0) < this.#most;
  }

  /** Counts a new job chunk. Inputs with keys have job chunks of their own, or share one that was lost. */
  opened(chunk: Chunk): void {
    const key = keyOf(chunk);
    if (key === undefined) return;
    this.#keys.set(chunk, key);
    this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
  }

  /** Counts a job chunk no more. */
  closed(chunk: Chunk): void {
    const key = this.#keys.get(chunk);
    if (key === undefined) return;
    this.#keys.delete(chunk);
    const left = this.#open.get(key)! - 1;
    if (left === 0) this.#open.delete(key);
    else this.#open.set(key, left);
    for (const lanes of this.#lanes) lanes.freed(key);
    if (this.#lanes.size > 0) this.#freed();
  }
}

/** The inputs of one feed that wait for their keys. */
export class KeyLanes {
  readonly #shares: KeyShares;
  readonly #lanes = new Map<Key, Fifo<Waiting>>();
  readonly #free = new Set<Key>();

  constructor(shares: KeyShares) {
    this.#shares = shares;
  }

  /** A key with room and an input that waits; undefined if there is none. */
  get next(): Key | undefined {
    for (const key of this.#free) {
      if (this.#shares.hasRoom(key)) return key;
      this.#free.delete(key);
    }
    return undefined;
  }

  /** Takes an input that has waited; undefined if there is none with room. */
  take(): Waiting | undefined {
    const key = this.next;
    if (key === undefined) return undefined;
    const lane = this.#lanes.get(key)!;
    const taken = lane.shift();
    if (lane.size === 0) this.#forget(key);
    return taken;
  }

  /** Lets an input wait. Returns false if its key has room. */
  wait(key: Key, taken: Waiting): boolean {
    if (this.#shares.hasRoom(key) && !this.#lanes.has(key)) return false;
    if (this.#lanes.size === 0) this.#shares.join(this);
    let lane = this.#lanes.get(key);
    if (!lane) this.#lanes.set(key, lane = new Fifo());
    lane.push(taken);
    return true;
  }

  freed(key: Key): void {
    if (this.#lanes.has(key)) this.#free.add(key);
  }

  *clear(): Generator<Waiting> {
    for (const [key, lane] of [...this.#lanes]) {
      this.#forget(key);
      yield* lane;
    }
  }

  /** Takes out inputs that arrived until a time. Returns them, and when the first of the others arrived. */
  expire(before: number): { expired: Waiting[]; next: number } {
    const expired: Waiting[] = [];
    let next = Infinity;
    for (const [key, lane] of [...this.#lanes]) {
      lane.filter((waiting) => {
        if (waiting.arrived <= before) return expired.push(waiting) === 0;
        next = Math.min(next, waiting.arrived);
        return true;
      });
      if (lane.size === 0) this.#forget(key);
    }
    return { expired, next };
  }

  #forget(key: Key): void {
    this.#lanes.delete(key);
    this.#free.delete(key);
    if (this.#lanes.size === 0) this.#shares.leave(this);
  }
}

/** The key of the single input of a job chunk. */
function keyOf({ feed, texts }: Chunk): Key | undefined {
  if (texts.length !== 1) return undefined;
  try {
    return feed.spec.termsOf?.(texts.at(0) as string).key;
  } catch {
    return undefined;
  }
}
