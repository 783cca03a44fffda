/**
 * Jobs of which nothing is needed any more: their results are kept for good first, and only then are they removed from Redis.
 *
 * @module
 */

import type { Chunk } from "./chunk_feed.ts";
import type { JobTable } from "./job_table.ts";

/** The spent jobs of one run. */
export class SpentJobs {
  readonly #jobs: Pick<JobTable, "remove">;
  readonly #commit: () => void;
  #chunks: Chunk[] = [];
  #isRemoving = false;
  #hasStopped = false;

  /** `commit` keeps the results that were handed on. */
  constructor({ jobs, commit }: { jobs: Pick<JobTable, "remove">; commit: () => void }) {
    this.#jobs = jobs;
    this.#commit = commit;
  }

  get size(): number {
    return this.#chunks.length;
  }

  /** Keeps and removes nothing more; returns the jobs that are left. */
  stop(): Chunk[] {
    this.#hasStopped = true;
    return this.#chunks;
  }

  add(...chunks: Chunk[]): void {
    this.#chunks.push(...chunks);
  }

  /** Removes them, those that are added meanwhile included. `removed` is called each time when some are gone. */
  async remove(removed: () => void): Promise<void> {
    if (this.#isRemoving) return;
    this.#isRemoving = true;
    try {
      while (this.#chunks.length > 0 && !this.#hasStopped) {
        const spent = [...this.#chunks];
        this.#commit();
        const areGone = await this.#jobs.remove(spent);
        // A worker may still run one that nobody waits for: it goes at a later look.
        const gone = new Set(spent.filter((_, at) => areGone[at]));
        this.#chunks = this.#chunks.filter((chunk) => !gone.has(chunk));
        removed();
        if (areGone.includes(false)) return;
      }
    } finally {
      this.#isRemoving = false;
    }
  }
}
