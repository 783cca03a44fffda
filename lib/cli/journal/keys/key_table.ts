/**
 * 64 bits of a hash → a number, for millions of them: typed arrays and open addressing, some 20 bytes an entry
 * where a `Map` takes over a hundred. Hashes are evenly spread, so their bits are the place.
 *
 * @module
 */

/** Its part of the places that may be taken. */
const LOAD = 0.7;

/** The words of an entry, side by side so that they are fetched from memory together: the key's two, the number. */
const ENTRY = 3;

/** A table of numbers above zero. */
export class KeyTable {
  #entries: Uint32Array;
  #mask: number;
  #size = 0;

  /** `capacity` is a power of two. */
  constructor(capacity = 1_024) {
    this.#entries = new Uint32Array(capacity * ENTRY);
    this.#mask = capacity - 1;
  }

  /** How many keys there are. */
  get size(): number {
    return this.#size;
  }

  /** The number of a key; 0 if it has none. */
  get(high: number, low: number): number {
    return this.#entries[this.#find(high, low) + 2];
  }

  /** Gives a key a number above zero. */
  set(high: number, low: number, value: number): void {
    this.#put(this.#find(high, low), high, low, value);
  }

  /** Counts a key: 1 for the first time. */
  count(high: number, low: number): number {
    const at = this.#find(high, low);
    const value = this.#entries[at + 2] + 1;
    this.#put(at, high, low, value);
    return value;
  }

  /** Where the entry is, or belongs. */
  #find(high: number, low: number): number {
    const entries = this.#entries;
    for (let place = low & this.#mask;; place = (place + 1) & this.#mask) {
      const at = place * ENTRY;
      if (entries[at + 2] === 0 || (entries[at] === high && entries[at + 1] === low)) return at;
    }
  }

  #put(at: number, high: number, low: number, value: number): void {
    const entries = this.#entries;
    const isNew = entries[at + 2] === 0;
    entries[at] = high;
    entries[at + 1] = low;
    entries[at + 2] = value;
    if (isNew && ++this.#size > LOAD * (this.#mask + 1)) this.#grow();
  }

  #grow(): void {
    const from = this.#entries;
    this.#entries = new Uint32Array(from.length * 2);
    this.#mask = this.#mask * 2 + 1;
    for (let at = 0; at < from.length; at += ENTRY) {
      if (from[at + 2] === 0) continue;
      const to = this.#find(from[at], from[at + 1]);
      this.#entries[to] = from[at];
      this.#entries[to + 1] = from[at + 1];
      this.#entries[to + 2] = from[at + 2];
    }
  }
}
