/**
 * A series: neighbouring calls of `run()` with the same task and no options. They wait in a feed, as the inputs of a map do, and each has
 * only the two functions of its promise here. A {@link Task} for each would take more memory than the promise, and as much time.
 */

import { Lines, type Values } from "../../wire/lines.ts";
import type { Numbers } from "../../wire/series_numbers.ts";
import type { Feed } from "../tasks/feed.ts";
import type { FeedSink } from "../tasks/feed_tasks.ts";
import { SEGMENT } from "../tasks/segments.ts";
import type { TaskTarget } from "../tasks/target_table.ts";
import type { Task } from "../tasks/task.ts";

type Settle = (value: unknown) => void;

/** The promises of {@link SEGMENT} calls. */
interface Waiters {
  resolve: (Settle | undefined)[];
  reject: (Settle | undefined)[];
  settled: number;
}

export class Series implements FeedSink {
  readonly target: TaskTarget;
  readonly #feed: Feed;
  #count = 0;
  /** By the call's number divided by the length of a segment. */
  readonly #segments = new Map<number, Waiters>();
  /** The segment that was used last, because results mostly come in the order of the calls. Saves 11 % of `run()` on Deno. */
  #last: Waiters | undefined;
  #lastNumber = -1;
  #newest: Waiters | undefined;

  /** @param openFeed opens the feed of the series */
  constructor(target: TaskTarget, openFeed: (sink: FeedSink) => Feed) {
    this.target = target;
    this.#feed = openFeed(this);
  }

  add(input: unknown, resolve: Settle, reject: Settle): void {
    const at = this.#count++ % SEGMENT;
    if (at === 0) {
      this.#newest = { resolve: [], reject: [], settled: 0 };
      this.#segments.set((this.#count - 1) / SEGMENT, this.#newest);
    }
    this.#newest!.resolve.push(resolve);
    this.#newest!.reject.push(reject);
    this.#feed.add(input);
  }

  succeeded(index: number, _micros: Numbers, values: Values): void {
    const list = values instanceof Lines ? values.toArray() : values;
    for (let at = 0; at < list.length; at++) this.#settle(index + at, true, list[at]);
  }

  settled(index: number, { ok, value }: { ok: boolean; value: unknown; task?: Task }): void {
    this.#settle(index, ok, value);
  }

  #settle(index: number, ok: boolean, value: unknown): void {
    const at = index % SEGMENT;
    const number = (index - at) / SEGMENT;
    if (number !== this.#lastNumber) {
      this.#last = this.#segments.get(number)!;
      this.#lastNumber = number;
    }
    const waiters = this.#last!;
    const settle = (ok ? waiters.resolve : waiters.reject)[at]!;
    waiters.resolve[at] = waiters.reject[at] = undefined;
    if (++waiters.settled === SEGMENT) this.#segments.delete(number);
    settle(value);
  }
}
