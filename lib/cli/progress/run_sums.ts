/** What the tasks of a run have counted by `context.count`, in all sessions of the run. */

import { Sums } from "../../executor/basics/sums.ts";

export type SumsByName = Readonly<Record<string, number>>;

export interface ShownSums {
  counts: SumsByName;
  spent: SumsByName;
}

export class RunSums {
  readonly #counts = new Sums();
  readonly #before: readonly SumsByName[];
  readonly #spent: () => SumsByName;

  /**
   * @param spent returns what the attempts of this session have counted
   * @param before what those of earlier sessions have counted
   */
  constructor(spent: () => SumsByName = () => ({}), before: readonly SumsByName[] = []) {
    this.#spent = spent;
    this.#before = before;
  }

  /** Adds what the attempt that gave an outcome has counted, in this session or an earlier one. */
  add(counts: SumsByName): void {
    this.#counts.addAll(counts);
  }

  read(): ShownSums {
    const spent = new Sums();
    for (const sums of [...this.#before, this.#spent()]) spent.addAll(sums);
    return { counts: this.#counts.toRecord(), spent: spent.toRecord() };
  }
}
