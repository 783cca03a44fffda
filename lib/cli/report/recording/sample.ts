/**
 * A sample of many things: all of them, or one in 2, 4, 8, … if there are too many. A hash of the input's index selects the sample. So
 * inputs at regular distances are neither all selected nor all missing, and samples of the same inputs have the same ones.
 */

class Sample<T extends { index: number }> {
  readonly #max: number;
  items: T[] = [];
  #mask = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get oneIn(): number {
    return this.#mask + 1;
  }

  /** Whether the sample takes things of an input. */
  takes(index: number): boolean {
    return (hashOf(index) & this.#mask) === 0;
  }

  add(item: T): void {
    if (!this.takes(item.index)) return;
    this.items.push(item);
    while (this.items.length > this.#max) {
      this.#mask = this.#mask * 2 + 1;
      this.items = this.items.filter(({ index }) => this.takes(index));
    }
  }
}

/** A sample of successes, and one of failures, which are usually few. */
export class OutcomeSample<T extends { index: number }> {
  readonly #ok: Sample<T>;
  readonly #failed: Sample<T>;

  constructor(maxOk: number, maxFailed: number) {
    this.#ok = new Sample(maxOk);
    this.#failed = new Sample(maxFailed);
  }

  /** Adds a thing of an input. `make` is called only if the sample takes it for now. */
  add(index: number, ok: boolean, make: () => T): void {
    const sample = ok ? this.#ok : this.#failed;
    if (sample.takes(index)) sample.add(make());
  }

  /** The sample, and `more`. */
  all(more: T[] = []): T[] {
    return [...new Set([...this.#ok.items, ...this.#failed.items, ...more])];
  }

  /** The sample has one success in `oneIn`, and one failure in `failedOneIn`. */
  get parts(): { oneIn: number; failedOneIn: number } {
    return { oneIn: this.#ok.oneIn, failedOneIn: this.#failed.oneIn };
  }
}

export function hashOf(index: number): number {
  const mixed = Math.imul(index ^ (index >>> 16), 0x45d9f3b);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
