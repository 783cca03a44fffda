/** Supplies workers with job chunks: cuts waiting inputs while the run has room for more jobs. */

import type { Chunk, ChunkFeed } from "./chunk_feed.ts";
import type { Cutter } from "./cutter.ts";
import type { OpenChunks } from "./open_chunks.ts";
import type { Pools } from "./pools.ts";
import type { SpentJobs } from "./spent_jobs.ts";

/** Maximum length of all inputs in Redis together, in bytes. A guess that leaves Redis room. */
const MOST_OPEN = 64 * 1024 * 1024;
/** Maximum number of job chunks that are added in one go. */
const MOST_ADDED = 64;

/** Who can pause a run: the program that started it, and an operator of the broker. */
export type Pauser = "program" | "operator";

interface SupplyInit {
  cutter: Cutter;
  pools: Pools;
  open: OpenChunks;
  spent: SpentJobs;
  /** Adds job chunks to Redis. Does not reject. */
  add(chunks: Chunk[]): Promise<void>;
}

export class Supply {
  readonly #init: SupplyInit;
  #isFilling = false;
  readonly #pausedBy = new Set<Pauser>();
  #hasStopped = false;

  constructor(init: SupplyInit) {
    this.#init = init;
  }

  /** Whether inputs wait for room. */
  get waits(): boolean {
    return this.#pausedBy.size === 0 && this.#init.cutter.canCut;
  }

  /** Whether job chunks are being added. */
  get isFilling(): boolean {
    return this.#isFilling;
  }

  /** Notes that a feed has waiting inputs. */
  filled(feed: ChunkFeed): void {
    this.#init.cutter.add(feed);
    if (this.#isFilling || this.#hasStopped) return;
    this.#isFilling = true;
    // In a microtask, so that inputs that are handed in one after another share a job chunk.
    queueMicrotask(() => this.#fill());
  }

  /** Looks again whether inputs wait for which there is room. */
  refill(): void {
    for (const feed of this.#init.cutter.feeds) this.filled(feed);
  }

  /** Cuts no more job chunks. */
  pause(by: Pauser): void {
    this.#pausedBy.add(by);
  }

  resume(by: Pauser): void {
    this.#pausedBy.delete(by);
    this.refill();
  }

  /** Ends the supply, because the run ends. */
  stop(): void {
    this.#hasStopped = true;
  }

  async #fill(): Promise<void> {
    const { cutter, pools, open, add } = this.#init;
    try {
      while (!this.#hasStopped) {
        const chunks: Chunk[] = [];
        while (chunks.length < MOST_ADDED && this.#hasRoom) {
          const cut = cutter.cut(pools.slots);
          if (!cut) break;
          chunks.push(open.open(cut.feed, cut.inputs));
        }
        if (chunks.length === 0) break;
        await add(chunks);
      }
    } finally {
      this.#isFilling = false;
    }
    // More inputs may have arrived while the last job chunks were added.
    if (cutter.canCut && this.#hasRoom) this.refill();
  }

  get #hasRoom(): boolean {
    const { pools, open, spent } = this.#init;
    return this.#pausedBy.size === 0 && pools.hasRoom && open.size + spent.size < pools.room &&
      open.bytes < MOST_OPEN;
  }
}
