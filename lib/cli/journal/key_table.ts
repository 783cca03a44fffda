/**
 * 64 bits of a hash → a number, for millions of them: typed arrays and open addressing, some 20 bytes an entry
 * where a `Map` takes over a hundred. Hashes are evenly spread, so their bits are the place.
 *
 * @module
 */

/** The first 64 bits of a hash, in two halves. */
export interface Key {
  high: number;
  low: number;
}

/** Its part of the places that may be taken. */
const LOAD = 0.7;

/** A table of numbers above zero. */
export class KeyTable {
  #keys: Uint32Array;
  #values: Uint32Array;
  #mask: number;
  #size = 0;

  /** `capacity` is a power of two. */
  constructor(capacity = 1_024) {
    this.#keys = new Uint32Array(capacity * 2);
    this.#values = new Uint32Array(capacity);
    this.#mask = capacity - 1;
  }

  /** How many keys there are. */
  get size(): number {
    return this.#size;
  }

  /** The number of a key; 0 if it has none. */
  get(high: number, low: number): number {
    return this.#values[this.#find(high, low)];
  }

  /** Gives a key a number above zero. */
  set(high: number, low: number, value: number): void {
    const place = this.#find(high, low);
    const isNew = this.#values[place] === 0;
    this.#keys[place * 2] = high;
    this.#keys[place * 2 + 1] = low;
    this.#values[place] = value;
    if (isNew && ++this.#size > LOAD * this.#values.length) this.#grow();
  }

  /** Counts a key: 1 for the first time. */
  count(high: number, low: number): number {
    const place = this.#find(high, low);
    const value = this.#values[place];
    if (value === 0) this.set(high, low, 1);
    else this.#values[place] = value + 1;
    return value + 1;
  }

  /** Where the key is, or belongs. */
  #find(high: number, low: number): number {
    let place = low & this.#mask;
    while (
      this.#values[place] !== 0 &&
      (this.#keys[place * 2] !== high || this.#keys[place * 2 + 1] !== low)
    ) place = (place + 1) & this.#mask;
    return place;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = new Uint32Array(keys.length * 2);
    this.#values = new Uint32Array(values.length * 2);
    this.#mask = this.#values.length - 1;
    for (let from = 0; from < values.length; from++) {
      if (values[from] === 0) continue;
      const place = this.#find(keys[from * 2], keys[from * 2 + 1]);
      this.#keys[place * 2] = keys[from * 2];
      this.#keys[place * 2 + 1] = keys[from * 2 + 1];
      this.#values[place] = values[from];
    }
  }
}

/** A key for the n-th input with this content; every n has one of its own. */
export function keyOf(hash: Uint8Array, occurrence = 0): Key {
  const high = (hash[0] << 24 | hash[1] << 16 | hash[2] << 8 | hash[3]) ^ Math.imul(occurrence, 0x9e3779b1);
  const low = (hash[4] << 24 | hash[5] << 16 | hash[6] << 8 | hash[7]) ^ Math.imul(occurrence, 0x85ebca6b);
  return { high: high >>> 0, low: low >>> 0 };
}
