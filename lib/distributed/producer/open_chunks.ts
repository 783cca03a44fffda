/** The job chunks of a run whose results have not all been taken, by job id. This is the producer's table. */

import type { Texts } from "../broker/encoding.ts";
import { jobId } from "../broker/names.ts";
import type { Chunk, ChunkFeed } from "./chunk_feed.ts";
import type { KeyShares } from "../limits/key_shares.ts";
import { OpenChunk } from "./open_chunk.ts";
import type { Pools } from "./pools.ts";

interface ChunkInit {
  /** Index of its first input in the feed. */
  first: number;
  texts: Texts;
  /** Whether its single input runs alone. */
  alone?: boolean;
  /** How often its inputs were lost already. */
  lost?: number;
  /** Number of their first attempt there. */
  attempt?: number;
  /** When they began to wait. */
  arrived?: number;
}

export class OpenChunks {
  /** Total length of the inputs of all job chunks, in bytes or characters. */
  bytes = 0;
  readonly #byId = new Map<string, Chunk>();
  readonly #run: string;
  readonly #token: string;
  readonly #pools: Pools;
  readonly #shares: KeyShares | undefined;
  #number = 0;

  constructor(
    { run, token, pools, shares }: { run: string; token: string; pools: Pools; shares?: KeyShares },
  ) {
    this.#run = run;
    this.#token = token;
    this.#pools = pools;
    this.#shares = shares;
  }

  open(feed: ChunkFeed, init: ChunkInit): Chunk {
    const id = jobId(this.#run, this.#token, ++this.#number);
    const chunk = new OpenChunk({ id, feed, pool: this.#pools.next(), ...init });
    this.#pools.opened(chunk.pool);
    this.#byId.set(chunk.id, chunk);
    this.#shares?.opened(chunk);
    feed.chunks.add(chunk);
    this.bytes += lengthOf(chunk.texts);
    return chunk;
  }

  /** Removes a job chunk. Results that arrive for it later are dropped. */
  close(chunk: Chunk): void {
    if (!this.#byId.delete(chunk.id)) return;
    this.#pools.closed(chunk.pool);
    chunk.feed.chunks.delete(chunk);
    this.#shares?.closed(chunk);
    this.bytes -= lengthOf(chunk.texts);
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Number of inputs without an outcome in all job chunks. */
  get inputs(): number {
    let inputs = 0;
    for (const { left } of this.#byId.values()) inputs += left;
    return inputs;
  }

  get all(): Chunk[] {
    return [...this.#byId.values()];
  }

  get(id: string): Chunk | undefined {
    return this.#byId.get(id);
  }

  has({ id }: Chunk): boolean {
    return this.#byId.has(id);
  }
}

function lengthOf(texts: Texts): number {
  if (!Array.isArray(texts)) return texts.bytes.length;
  return texts.reduce((sum, text) => sum + text.length, 0);
}
