/**
 * Keeps the items with the lowest numbers of all that it is given, in a heap: no item is lower than one of the two that are below
 * it, so the first is the next to be replaced.
 */

/** An item: `draw` decides, and of equal draws the lower index. */
interface Item {
  draw: number;
  index: number;
}

/** The `most` lowest items so far. */
export class Lowest<T extends Item> {
  readonly #most: number;
  readonly #heap: T[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether an item with this draw, which comes after all others, is kept. Of equal draws, the first item stays. */
  takes(draw: number): boolean {
    return this.#heap.length < this.#most || draw < this.#heap[0].draw;
  }

  /** Adds an item that is kept. */
  add(item: T): void {
    if (this.#heap.length < this.#most) return this.#rise(this.#heap.push(item) - 1);
    this.#heap[0] = item;
    this.#sink();
  }

  /** Takes out all items, in no order. */
  takeAll(): T[] {
    return this.#heap.splice(0);
  }

  #rise(at: number): void {
    for (let above = (at - 1) >> 1; at > 0 && this.#isBehind(at, above); above = (at - 1) >> 1) {
      this.#swap(at, above);
      at = above;
    }
  }

  /** Moves the first item to its place. */
  #sink(): void {
    for (let at = 0;;) {
      let last = at;
      for (const below of [2 * at + 1, 2 * at + 2]) {
        if (below < this.#heap.length && this.#isBehind(below, last)) last = below;
      }
      if (last === at) return;
      this.#swap(at, last);
      at = last;
    }
  }

  #isBehind(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    return a.draw !== b.draw ? a.draw > b.draw : a.index > b.index;
  }

  #swap(one: number, other: number): void {
    [this.#heap[one], this.#heap[other]] = [this.#heap[other], this.#heap[one]];
  }
}
