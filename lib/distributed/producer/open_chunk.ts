/** A job chunk on the producer's side: neighbouring inputs that were sent as one job, and which of them have no outcome yet. */

import type { Texts } from "../broker/encoding.ts";

interface OpenChunkInit<Feed> {
  id: string;
  feed: Feed;
  /** Index of its first input in the feed. */
  first: number;
  texts: Texts;
  /** The name of the pool of workers that get it. */
  pool: string;
  /** Whether its single input runs alone, because two workers were lost with its job chunk. Default: false. */
  alone?: boolean;
  /** How often its inputs were lost with a job already. Default: 0. */
  lost?: number;
  /** Number of the first attempt of its inputs there. Default: 1. */
  attempt?: number;
  /** When its inputs began to wait, in milliseconds of `performance.now()`. Default: now. */
  arrived?: number;
}

export class OpenChunk<Feed> {
  readonly id: string;
  readonly feed: Feed;
  readonly first: number;
  readonly texts: Texts;
  readonly pool: string;
  readonly alone: boolean;
  readonly lost: number;
  readonly attempt: number;
  readonly arrived: number;
  /** Of a stream: number of values that its reader was handed, and the id of the worker that sent them. */
  yielded = 0;
  server: string | undefined;
  /** Whether Redis has confirmed that it has the job. */
  added = false;
  /** Number of partial results that were taken before the job ended. */
  parts = 0;
  left: number;
  /** Contains a 1 for each input that has an outcome. */
  readonly #settled: Uint8Array;

  constructor(
    { id, feed, first, texts, pool, alone = false, lost = 0, attempt = 1, arrived }: OpenChunkInit<Feed>,
  ) {
    this.id = id;
    this.feed = feed;
    this.first = first;
    this.texts = texts;
    this.pool = pool;
    this.alone = alone;
    this.lost = lost;
    this.attempt = attempt;
    this.arrived = arrived ?? performance.now();
    this.left = texts.length;
    this.#settled = new Uint8Array(texts.length);
  }

  get size(): number {
    return this.texts.length;
  }

  /** Whether the input at index `at` has no outcome. False if there is no such input. */
  isOpen(at: number): boolean {
    return this.#settled[at] === 0;
  }

  areOpen(at: number, count: number): boolean {
    if (at + count > this.size) return false;
    for (let place = at; place < at + count; place++) if (this.#settled[place] !== 0) return false;
    return true;
  }

  settle(at: number, count = 1): void {
    this.#settled.fill(1, at, at + count);
    this.left -= count;
  }

  /**
   * Returns the inputs without an outcome as blocks of neighbours, with the index of each block's first input in the
   * feed and the number of their attempt.
   */
  openBlocks(): { first: number; texts: Texts; attempt: number }[] {
    const { attempt } = this;
    const blocks: { first: number; texts: Texts; attempt: number }[] = [];
    for (let at = 0; at < this.size; at++) {
      if (!this.isOpen(at)) continue;
      const start = at;
      while (this.isOpen(at)) at++;
      blocks.push({ first: this.first + start, texts: this.texts.slice(start, at), attempt });
    }
    return blocks;
  }
}
