/** Remembers the entries that were set last. */

/** A map that forgets its oldest entries: it has at least the last `least` entries, and at most twice as many. */
export class Recent<K, V> {
  readonly #least: number;
  // Two maps, because to find the oldest entry of a map takes longer with each entry that was deleted: 20 µs with 10,000 entries.
  #young = new Map<K, V>();
  #old: ReadonlyMap<K, V> = new Map();

  constructor(least: number) {
    this.#least = least;
  }

  /** The value of a key; undefined if there is none, or it is forgotten. */
  get(key: K): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  /** Sets the value of a key, which is the youngest from then on. */
  set(key: K, value: V): void {
    if (this.#young.size === this.#least && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }
}
