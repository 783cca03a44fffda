/** The results of a job chunk, until they are sent. */

import { Sums } from "../../executor/basics/sums.ts";
import type { Results } from "../broker/protocol.ts";

/** The parts of results that attempts have told of themselves. */
const TOLD = ["counts", "added", "began"] as const;

function nothingTold(): Required<Pick<Results, typeof TOLD[number]>> {
  return { counts: [], added: [], began: [] };
}

export class GatheredResults {
  done: Results["done"] = [];
  failed: Results["failed"] = [];
  /** What the attempts that gave these outcomes have told. */
  told: ReturnType<typeof nothingTold> = nothingTold();
  /** What all attempts have counted. */
  spent: Sums = new Sums();
  /** Failed attempts that others follow. */
  retried: NonNullable<Results["retried"]> = [];
  /** What the body of the single input has reported. */
  progress: string[] = [];
  /** Length of the outcomes and of what was told with them, in characters. */
  length = 0;

  /** Whether there is nothing to send. Sums are sent with other results. */
  get isEmpty(): boolean {
    return this.done.length + this.failed.length + this.progress.length + this.retried.length === 0;
  }

  take(server: string): Results {
    const spent = this.spent.toRecord();
    const results: Results = {
      v: 1,
      server,
      done: this.done,
      failed: this.failed,
      ...Object.fromEntries(
        TOLD.filter((kind) => this.told[kind].length > 0).map((kind) => [kind, this.told[kind]]),
      ),
      ...(Object.keys(spent).length > 0 && { spent }),
      ...(this.progress.length > 0 && { progress: this.progress }),
      ...(this.retried.length > 0 && { retried: this.retried }),
    };
    [this.done, this.failed, this.length] = [[], [], 0];
    [this.told, this.spent, this.progress, this.retried] = [nothingTold(), new Sums(), [], []];
    return results;
  }

  putBack(results: Results): void {
    this.done.push(...results.done);
    this.failed.push(...results.failed);
    for (const kind of TOLD) this.told[kind].push(...results[kind] as [] ?? []);
    this.spent.addAll(results.spent ?? {});
    this.progress.unshift(...results.progress ?? []);
    this.retried.unshift(...results.retried ?? []);
  }
}
