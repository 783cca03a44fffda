/**
 * A sample of many things: all of them, or one in 2, 4, 8, … if there are too many. A hash of the input's index selects the sample. So
 * inputs at regular distances are neither all selected nor all missing, and samples of the same inputs have the same ones.
 */

export class Sample<T extends { index: number }> {
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

/** A hash that spreads consecutive numbers. */
export function hashOf(index: number): number {
  const mixed = Math.imul(index ^ (index >>> 16), 0x45d9f3b);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
