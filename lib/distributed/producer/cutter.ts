/** Cuts job chunks from waiting inputs, from one feed after another. */

import type { ChunkFeed, Taken } from "./chunk_feed.ts";
import { Sizer } from "./sizer.ts";

/** The feeds of one run that have waiting inputs, and the sizes of job chunks. */
export class Cutter {
  readonly #chunkSize: number | undefined;
  readonly #feeds = new Set<ChunkFeed>();
  readonly #sizers = new Map<string, Sizer>();

  /** With `chunkSize`, every job chunk has this number of inputs. */
  constructor(chunkSize?: number) {
    this.#chunkSize = chunkSize;
  }

  /** Adds a feed with waiting inputs. */
  add(feed: ChunkFeed): void {
    this.#feeds.add(feed);
  }

  /** The feeds with waiting inputs. */
  get feeds(): ChunkFeed[] {
    return [...this.#feeds];
  }

  /** Number of waiting inputs. */
  get waiting(): number {
    let waiting = 0;
    for (const { size } of this.#feeds) waiting += size;
    return waiting;
  }

  /** The names of the tasks that have had job chunks. */
  get tasks(): string[] {
    return [...this.#sizers.keys()];
  }

  /** Cuts the next job chunk for a run with `slots` slots; undefined if no input waits. */
  cut(slots: number): { feed: ChunkFeed; inputs: Taken } | undefined {
    for (const feed of this.#feeds) {
      this.#feeds.delete(feed);
      if (feed.size === 0) continue;
      const inputs = feed.take(this.sizerOf(feed.spec.task).size(feed.size, slots));
      // Moved behind the others, so that the next job chunk comes from another feed.
      this.#feeds.add(feed);
      if (inputs) return { feed, inputs };
    }
    return undefined;
  }

  /** Returns the sizer for the job chunks of a task. */
  sizerOf(task: string): Sizer {
    let sizer = this.#sizers.get(task);
    if (!sizer) this.#sizers.set(task, sizer = new Sizer(this.#chunkSize));
    return sizer;
  }

  /** Returns how many inputs of a task keep `slots` slots busy, with the same number again in Redis. */
  appetite(task: string, slots: number): number {
    return 2 * slots * (this.#sizers.get(task)?.size(Infinity, 1) ?? 1);
  }
}
