/**
 * What became of the inputs of a map, until it is read: in the order of the inputs, or as it comes.
 *
 * @module
 */

/** Stands for an input that has no outcome yet. */
const OPEN = Symbol("open");

/** Stands for an input that yields nothing. */
export const DROPPED = Symbol("dropped");

/** Stands for an input whose outcome is an error, which is to be thrown. */
export class Failed {
  readonly error: unknown;
  constructor(error: unknown) {
    this.error = error;
  }
}

/** Number of results for which there is room at first. */
const LEAST = 64;

/** Outcomes that have not been read, in a ring: an array that grows and shrinks is copied again and again. */
export class Outcomes {
  readonly #ordered: boolean;
  #ring: unknown[] = new Array(LEAST).fill(OPEN);
  /** Where the first stands, and where the next one will: positions only grow, and wrap around in the ring. */
  #head = 0;
  #tail = 0;

  constructor(ordered: boolean) {
    this.#ordered = ordered;
  }

  /** So many inputs were pulled: each will have an outcome. */
  expect(count: number): void {
    if (this.#ordered) this.#extend(count);
  }

  /** Takes what became of an input. */
  add(index: number, item: unknown): void {
    const at = this.#ordered ? index : this.#tail;
    if (!this.#ordered) this.#extend(1);
    this.#ring[at & (this.#ring.length - 1)] = item;
  }

  /** Moves those that are ready into a list from `at` on, up to one that is no result; returns how many. */
  drainInto(list: unknown[], at: number): number {
    const ring = this.#ring;
    const mask = ring.length - 1;
    let head = this.#head;
    for (; head < this.#tail; head++, at++) {
      const item = ring[head & mask];
      if (item === OPEN || item === DROPPED || item instanceof Failed) break;
      list[at] = item;
      ring[head & mask] = OPEN;
    }
    const count = head - this.#head;
    this.#head = head;
    return count;
  }

  /** Whether the next one is there. */
  get isReady(): boolean {
    return this.#head < this.#tail && this.peek() !== OPEN;
  }

  /** The next one, which must be there. */
  peek(): unknown {
    return this.#ring[this.#head & (this.#ring.length - 1)];
  }

  /** Takes out the next one, which must be there. */
  shift(): unknown {
    const at = this.#head++ & (this.#ring.length - 1);
    const item = this.#ring[at];
    this.#ring[at] = OPEN;
    return item;
  }

  /** Makes room for more. */
  #extend(count: number): void {
    const tail = this.#tail + count;
    let room = this.#ring.length;
    while (tail - this.#head > room) room *= 2;
    if (room > this.#ring.length) {
      const ring = new Array(room).fill(OPEN);
      for (let at = this.#head; at < this.#tail; at++) {
        ring[at & (room - 1)] = this.#ring[at & (this.#ring.length - 1)];
      }
      this.#ring = ring;
    }
    this.#tail = tail;
  }
}
