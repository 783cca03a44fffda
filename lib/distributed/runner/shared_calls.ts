/** Calls of `run()` with the same task, options and span. Their inputs share job chunks. */

import type { FeedSink } from "../../executor/tasks/feed.ts";
import type { Waiter } from "../../executor/task_runner.ts";
import type { ChunkFeed } from "../producer/chunk_feed.ts";
import { valueSink } from "./value_sink.ts";

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

/** The open calls of one executor, by what they have in common. */
export class CallGroups {
  readonly #groups = new Map<string, SharedCalls>();

  /** Returns the calls with this key. `open` makes the feed of a new group. */
  like(key: string, open: (sink: FeedSink) => ChunkFeed): SharedCalls {
    const known = this.#groups.get(key);
    if (known && !known.feed.isDrained) return known;
    const calls: SharedCalls = new SharedCalls(open, () => {
      // Otherwise a group would be kept for each span or set of options.
      if (this.#groups.get(key) === calls) this.#groups.delete(key);
    });
    this.#groups.set(key, calls);
    return calls;
  }
}
