/**
 * Tells producers that there is news of their chunks: of all that ended within a moment, in one go.
 *
 * @module
 */

import type { Broker } from "../broker/broker.ts";

/** A list that nobody reads goes after so many seconds, */
const LASTS = 3_600;
/** and never has more entries than these. */
const MOST = 10_000;

/** News of one worker. */
export class Wakes {
  readonly #broker: Broker;
  /** The ids of chunks, by their run. */
  #news = new Map<string, string[]>();

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** There is news of a chunk. */
  add(run: string, id: string): void {
    if (this.#news.size === 0) setTimeout(() => this.#send(), 1);
    const ids = this.#news.get(run);
    if (ids) ids.push(id);
    else this.#news.set(run, [id]);
  }

  #send(): void {
    const { client, keys } = this.#broker;
    const news = this.#news;
    this.#news = new Map();
    for (const [run, ids] of news) {
      const key = keys.wake(run);
      // What is lost of it, the producer finds out by itself.
      client.multi().rpush(key, ...ids).ltrim(key, -MOST, -1).expire(key, LASTS).exec().catch(() => {});
    }
  }
}
