/** Tells producers that there is news of their job chunks. News of the same moment is sent together. */

import type { Broker } from "../broker/broker.ts";
import { KEYS_LAST } from "../broker/names.ts";

/** Maximum number of entries of a list. */
const MOST = 10_000;

export class Wakes {
  readonly #broker: Broker;
  /** The ids of job chunks, by run. */
  #news = new Map<string, string[]>();

  constructor(broker: Broker) {
    this.#broker = broker;
  }

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
      // If news is lost, the producer finds out at its next check.
      client.multi().rpush(key, ...ids).ltrim(key, -MOST, -1).pexpire(key, KEYS_LAST).exec().catch(() => {});
    }
  }
}
