/**
 * Cuts job chunks from the inputs that wait, from one feed after the other.
 *
 * @module
 */

import type { ChunkFeed, Taken } from "./chunk_feed.ts";
import { Sizer } from "./sizer.ts";

/** The feeds of one run that have inputs, and the sizes of its job chunks. */
export class Cutter {
  readonly #chunkSize: number | undefined;
  readonly #feeds = new Set<ChunkFeed>();
  readonly #sizers = new Map<string, Sizer>();

  /** With `chunkSize`, all job chunks have that many inputs. */
  constructor(chunkSize?: number) {
    this.#chunkSize = chunkSize;
  }

  /** Adds a feed that has inputs. */
  add(feed: ChunkFeed): void {
    this.#feeds.add(feed);
  }

  /** The feeds that have inputs. */
  get feeds(): ChunkFeed[] {
    return [...this.#feeds];
  }

  /** Number of inputs that wait. */
  get waiting(): number {
    let waiting = 0;
    for (const { size } of this.#feeds) waiting += size;
    return waiting;
  }

  /** The names of the tasks of which there were job chunks. */
  get tasks(): string[] {
    return [...this.#sizers.keys()];
  }

  /** Cuts the next job chunk, for a run that has `slots` slots; undefined if no input waits. */
  cut(slots: number): { feed: ChunkFeed; inputs: Taken } | undefined {
    for (const feed of this.#feeds) {
      this.#feeds.delete(feed);
      if (feed.size === 0) continue;
      const inputs = feed.take(this.sizerOf(feed.spec.task).size(feed.size, slots));
      // Behind the others: the next job chunk is of another feed.
      this.#feeds.add(feed);
      if (inputs) return { feed, inputs };
    }
    return undefined;
  }

  /** The sizes of a task's job chunks. */
  sizerOf(task: string): Sizer {
    let sizer = this.#sizers.get(task);
    if (!sizer) this.#sizers.set(task, sizer = new Sizer(this.#chunkSize));
    return sizer;
  }

  /** Number of inputs of a task that `slots` slots can make use of at once, with as many again on their way. */
  appetite(task: string, slots: number): number {
    return 2 * slots * (this.#sizers.get(task)?.size(Infinity, 1) ?? 1);
  }
}
