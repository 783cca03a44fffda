/**
 * The inputs that a report lists: all of them, or a sample if there are too many. Failed inputs, which are usually few, are sampled
 * separately.
 */

import type { Bar } from "./bars.ts";
import type { Example } from "./example.ts";
import { Sample } from "./sample.ts";

/** Maximum numbers of inputs that succeeded and that failed. A guess: with their texts, less than a megabyte. */
const MAX_OK = 4_096;
const MAX_FAILED = 2_048;

/** An input that a report lists. */
export interface Listed extends Example {
  index: number;
  ok: boolean;
  /** Running time of the last attempt, in milliseconds. */
  ms: number;
  attempts: number;
  /** The kind of its error, if it failed and the kind is kept: the group that it is in. */
  kind?: object;
  /** Its last attempt, if it has run. */
  attempt?: Bar;
}

/** The listed inputs of a run. */
export class Inputs {
  readonly #ok = new Sample<Listed>(MAX_OK);
  readonly #failed = new Sample<Listed>(MAX_FAILED);

  /** Adds an input. `listed` is called only if the input is listed for now. */
  add(index: number, ok: boolean, listed: () => Listed): void {
    const sample = ok ? this.#ok : this.#failed;
    if (sample.takes(index)) sample.add(listed());
  }

  /** The list has one success in `oneIn`, and one failed input in `failedOneIn`. */
  get oneIn(): number {
    return this.#ok.oneIn;
  }

  get failedOneIn(): number {
    return this.#failed.oneIn;
  }

  /** The inputs of the sample, and `more`, in the order of their indexes. */
  list(more: Listed[]): Listed[] {
    const all = new Set([...this.#ok.items, ...this.#failed.items, ...more]);
    return [...all].sort((one, other) => one.index - other.index);
  }
}
