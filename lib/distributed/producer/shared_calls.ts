/** Calls of `run()` with the same task, options and span. Their inputs share job chunks. */

import type { FeedSink } from "../../executor/calls/feed.ts";
import type { ChunkFeed } from "./chunk_feed.ts";
import { valueSink } from "./value_sink.ts";

/** The functions that settle one call. */
export interface Waiter {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Calls that share a feed. */
export class SharedCalls {
  readonly feed: ChunkFeed;
  readonly #waiters = new Map<number, Waiter>();
  readonly #emptied: () => void;
  #count = 0;

  /** `open` makes the feed. `emptied` is called each time the last open call has settled. */
  constructor(open: (sink: FeedSink) => ChunkFeed, emptied: () => void = () => {}) {
    this.#emptied = emptied;
    this.feed = open(valueSink({
      succeeded: (index, _micros, values) => {
        for (let at = 0; at < values.length; at++) this.#take(index + at).resolve(values.at(at));
      },
      settled: (index, { ok, value }) => {
        const waiter = this.#take(index);
        if (ok) waiter.resolve(value);
        else waiter.reject(value);
      },
    }));
  }

  /** Hands in the input of one call. */
  add(input: unknown, waiter: Waiter): void {
    this.#waiters.set(this.#count++, waiter);
    this.feed.push([input]);
    this.feed.arrived();
  }

  #take(index: number): Waiter {
    const waiter = this.#waiters.get(index)!;
    this.#waiters.delete(index);
    if (this.#waiters.size === 0) this.#emptied();
    return waiter;
  }
}
