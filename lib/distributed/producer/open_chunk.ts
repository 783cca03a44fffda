/**
 * A job chunk as its producer sees it: neighbouring inputs that went out as one job, and which of them have no outcome yet.
 *
 * @module
 */

import type { Texts } from "../broker/encoding.ts";

/** What a job chunk is made of. */
export interface OpenChunkInit<Feed> {
  id: string;
  feed: Feed;
  /** Index of its first input in the feed. */
  first: number;
  texts: Texts;
  /** Whether its one input runs alone, because a job chunk with it was lost twice. Default: false. */
  alone?: boolean;
}

/** Inputs of a feed that are one job, until the job's results are taken. */
export class OpenChunk<Feed> {
  readonly id: string;
  readonly feed: Feed;
  readonly first: number;
  readonly texts: Texts;
  readonly alone: boolean;
  /** Whether Redis has said that it has it. */
  added = false;
  /** Number of parts of its results that were taken before it ended. */
  parts = 0;
  /** Number of inputs without an outcome. */
  left: number;
  /** A 1 for each input that has an outcome. */
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

  /** Number of inputs. */
  get size(): number {
    return this.texts.length;
  }

  /** Whether the input at this place has no outcome. False for a place that it does not have. */
  isOpen(at: number): boolean {
    return this.#settled[at] === 0;
  }

  /** Whether none of `count` inputs from `at` on has an outcome. */
  areOpen(at: number, count: number): boolean {
    if (at + count > this.size) return false;
    for (let place = at; place < at + count; place++) if (this.#settled[place] !== 0) return false;
    return true;
  }

  /** Marks `count` inputs from `at` on as settled. */
  settle(at: number, count = 1): void {
    this.#settled.fill(1, at, at + count);
    this.left -= count;
  }

  /** The inputs without an outcome: neighbours in one block each, with the index of the first in the feed. */
  openBlocks(): { first: number; texts: Texts }[] {
    const blocks: { first: number; texts: Texts }[] = [];
    for (let at = 0; at < this.size; at++) {
      if (!this.isOpen(at)) continue;
      const start = at;
      while (this.isOpen(at)) at++;
      blocks.push({ first: this.first + start, texts: this.texts.slice(start, at) });
    }
    return blocks;
  }
}
