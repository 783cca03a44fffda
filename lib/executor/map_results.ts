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

/** Spent slots at the front after which the list is copied together. */
const COMPACT_AT = 1024;

/** Outcomes that have not been read. */
export class Outcomes {
  readonly #ordered: boolean;
  #items: unknown[] = [];
  #head = 0;
  /** Which input the first item is of. */
  #first = 0;

  constructor(ordered: boolean) {
    this.#ordered = ordered;
  }

  /** An input was pulled: it will have an outcome. */
  expect(): void {
    if (this.#ordered) this.#items.push(OPEN);
  }

  /** Takes what became of an input. */
  add(index: number, item: unknown): void {
    if (this.#ordered) this.#items[index - this.#first] = item;
    else this.#items.push(item);
  }

  /** Whether the next one is there. */
  get isReady(): boolean {
    return this.#head < this.#items.length && this.#items[this.#head] !== OPEN;
  }

  /** The next one, which must be there. */
  peek(): unknown {
    return this.#items[this.#head];
  }

  /** Takes out the next one, which must be there. */
  shift(): unknown {
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#first += this.#head;
      this.#head = 0;
    }
    return item;
  }
}
