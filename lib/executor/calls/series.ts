/**
 * Calls of `run()` that are alike and come one after another: the same task, no options. They wait in a feed, as the
 * inputs of a map do, each with nothing but its promise's two functions here; a {@link Task} for each would take
 * more memory than the promise, and as much time.
 *
 * @module
 */

import { Lines, type Values } from "../../wire/lines.ts";
import type { Feed } from "./feed.ts";
import type { FeedSink } from "./feed_tasks.ts";
import { SEGMENT } from "./segments.ts";
import type { TaskTarget } from "./target_table.ts";
import type { Task } from "./task.ts";

type Settle = (value: unknown) => void;

/** The promises of {@link SEGMENT} calls. */
interface Waiters {
  resolve: (Settle | undefined)[];
  reject: (Settle | undefined)[];
  settled: number;
}

/** Calls of `run()` with the same task. */
export class Series implements FeedSink {
  readonly target: TaskTarget;
  readonly #feed: Feed;
  #count = 0;
  /** By their number, divided by the size of a segment. */
  readonly #segments = new Map<number, Waiters>();
  /** The segment that was used last: results come in the order of the calls, as a rule. */
  #last: Waiters | undefined;
  #lastNumber = -1;
  #newest: Waiters | undefined;

  /** `openFeed` gets the place where inputs go. */
  constructor(target: TaskTarget, openFeed: (sink: FeedSink) => Feed) {
    this.target = target;
    this.#feed = openFeed(this);
  }

  /** Takes a call. */
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

  /** Is told by the feed. */
  succeeded(index: number, _micros: number | number[], values: Values): void {
    const list = values instanceof Lines ? values.toArray() : values;
    for (let at = 0; at < list.length; at++) this.#settle(index + at, true, list[at]);
  }

  /** Is told by the feed. */
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
