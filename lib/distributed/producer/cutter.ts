/** Cuts job chunks from waiting inputs: those of the highest priority first, and of equal ones from one feed after another. */

import { MOST_INPUTS } from "../broker/protocol.ts";
import type { ChunkFeed } from "./chunk_feed.ts";
import type { Waiting } from "../limits/key_shares.ts";
import { Sizer } from "./sizer.ts";

/** The feeds of one run that have waiting inputs, and the sizes of job chunks. */
export class Cutter {
  readonly #chunkSize: number | undefined;
  /** The feeds, by their priority. A feed whose priority has changed stands in its former place, too. */
  readonly #feeds = new Map<number, Set<ChunkFeed>>();
  readonly #interval: number;
  readonly #sizers = new Map<string, Sizer>();

  /** With `chunkSize`, every job chunk has this number of inputs. `interval`: time between two starts by the run's rates, in milliseconds. */
  constructor(chunkSize?: number, interval = 0) {
    this.#chunkSize = chunkSize;
    this.#interval = interval;
  }

  /** Adds a feed with waiting inputs, or one whose priority has changed. */
  add(feed: ChunkFeed): void {
    const { priority } = feed;
    const equal = this.#feeds.get(priority);
    if (equal) equal.add(feed);
    else this.#feeds.set(priority, new Set([feed]));
  }

  get feeds(): ChunkFeed[] {
    return [...new Set([...this.#feeds.values()].flatMap((equal) => [...equal]))];
  }

  get waiting(): number {
    let waiting = 0;
    for (const { size } of this.feeds) waiting += size;
    return waiting;
  }

  /** Whether an input waits for more than its key. */
  get canCut(): boolean {
    for (const feed of this.feeds) if (feed.canTake) return true;
    return false;
  }

  /** The names of the tasks that have had job chunks. */
  get tasks(): string[] {
    return [...this.#sizers.keys()];
  }

  /** Cuts the next job chunk for a run with `slots` slots; undefined if no input waits, except for its key. */
  cut(slots: number): { feed: ChunkFeed; inputs: Waiting } | undefined {
    for (const priority of [...this.#feeds.keys()].sort((one, other) => other - one)) {
      const equal = this.#feeds.get(priority)!;
      for (const feed of [...equal]) {
        equal.delete(feed);
        if (feed.size === 0 || feed.priority !== priority) continue;
        const inputs = feed.take(this.#sizeFor(feed, slots));
        // Moved behind the others, so that the next job chunk comes from another feed.
        equal.add(feed);
        if (inputs) return { feed, inputs };
      }
      if (equal.size === 0) this.#feeds.delete(priority);
    }
    return undefined;
  }

  /** Returns the number of inputs of the next job chunk: whole batches, if calls take batches. */
  #sizeFor({ spec: { task, batch = 1 }, size }: ChunkFeed, slots: number): number {
    const most = Math.max(1, Math.floor(MOST_INPUTS / batch));
    return batch * Math.floor(this.sizerOf(task).size(Math.ceil(size / batch), slots, most));
  }

  sizerOf(task: string): Sizer {
    let sizer = this.#sizers.get(task);
    if (!sizer) this.#sizers.set(task, sizer = new Sizer(this.#chunkSize, this.#interval));
    return sizer;
  }

  /** Returns how many inputs of a task keep `slots` slots busy, with the same number again in Redis. */
  appetite(task: string, slots: number): number {
    return 2 * slots * (this.#sizers.get(task)?.size(Infinity, 1) ?? 1);
  }
}
