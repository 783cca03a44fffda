/** Jobs that are no longer needed. Their results are kept permanently before the jobs are removed from Redis. */

import type { Chunk } from "./chunk_feed.ts";
import type { JobTable } from "./job_table.ts";

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

  /** Stops keeping and removing. Returns the jobs that are left. */
  stop(): Chunk[] {
    this.#hasStopped = true;
    return this.#chunks;
  }

  add(...chunks: Chunk[]): void {
    this.#chunks.push(...chunks);
  }

  /** Removes the spent jobs, including those that are added meanwhile. `removed` is called each time some are gone. */
  async remove(removed: () => void): Promise<void> {
    if (this.#isRemoving) return;
    this.#isRemoving = true;
    try {
      while (this.#chunks.length > 0 && !this.#hasStopped) {
        const spent = [...this.#chunks];
        this.#commit();
        const areGone = await this.#jobs.remove(spent);
        // A worker may still run a job whose results are not wanted. It is removed at a later check.
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
