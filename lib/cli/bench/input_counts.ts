/** Counts successes and failures of each input of a sample. */

/** Number of successes and failures of each input of the sample. */
export class InputCounts {
  readonly ok: Uint32Array;
  readonly failed: Uint32Array;

  constructor(inputs: number) {
    this.ok = new Uint32Array(inputs);
    this.failed = new Uint32Array(inputs);
  }

  /** Adds the counts of another measure of the same sample. */
  add(others: InputCounts): void {
    for (let at = 0; at < this.ok.length; at++) {
      this.ok[at] += others.ok[at];
      this.failed[at] += others.failed[at];
    }
  }
}
