/**
 * A chunk as its producer sees it: neighbouring inputs that went out as one job, and which of them have no outcome yet.
 *
 * @module
 */

import type { Texts } from "../broker/encoding.ts";

/** What it takes to make one. */
export interface OpenChunkInit<Feed> {
  id: string;
  feed: Feed;
  /** Where its first input stands in the feed. */
  first: number;
  texts: Texts;
  /** Whether its one input is run alone, because a chunk that it was in was lost twice. */
  alone?: boolean;
}

/** One job, until its results are taken; of inputs of a feed. */
export class OpenChunk<Feed> {
  readonly id: string;
  readonly feed: Feed;
  readonly first: number;
  readonly texts: Texts;
  readonly alone: boolean;
  /** Whether Redis has said that it has it. */
  added = false;
  /** Parts of its results that were taken before it ended. */
  parts = 0;
  /** Inputs without an outcome. */
  left: number;
  /** A 1 for each that has one. */
  readonly #settled: Uint8Array;

  constructor({ id, feed, first, texts, alone = false }: OpenChunkInit<Feed>) {
    this.id = id;
    this.feed = feed;
    this.first = first;
    this.texts = texts;
    this.alone = alone;
    this.left = texts.length;
    this.#settled = new Uint8Array(texts.length);
  }

  /** How many inputs it has. */
  get size(): number {
    return this.texts.length;
  }

  /** Whether an input has no outcome; those that are not here have one. */
  isOpen(at: number): boolean {
    return this.#settled[at] === 0;
  }

  /** Whether all of these have none. */
  areOpen(at: number, count: number): boolean {
    if (at + count > this.size) return false;
    for (let place = at; place < at + count; place++) if (this.#settled[place] !== 0) return false;
    return true;
  }

  /** These have an outcome now. */
  settle(at: number, count = 1): void {
    this.#settled.fill(1, at, at + count);
    this.left -= count;
  }

  /** Those without one, as runs of neighbours. */
  *openRuns(): Generator<{ at: number; count: number }> {
    for (let at = 0; at < this.size; at++) {
      if (!this.isOpen(at)) continue;
      const start = at;
      while (this.isOpen(at)) at++;
      yield { at: start, count: at - start };
    }
  }
}
