/**
 * The keys of the inputs that run: nine words each in one array, because an object for each would keep the garbage
 * collector busy.
 *
 * @module
 */

import { IndexMap } from "../../run/index_map.ts";
import { KEY_WORDS } from "./hash_words.ts";

/** Keys by the index of the input. */
export class RunningKeys {
  /** The keys, each where `take` says. */
  words = new Uint32Array(KEY_WORDS * 1_024);
  readonly #places = new IndexMap<number>();
  readonly #free: number[] = [];
  #end = 0;

  add(index: number, hash: Uint32Array, occurrence: number): void {
    const at = this.#free.pop() ?? this.#next();
    const { words } = this;
    for (let word = 0; word < 8; word++) words[at + word] = hash[word];
    words[at + 8] = occurrence;
    this.#places.set(index, at);
  }

  /** Where in `words` the key is. */
  find(index: number): number {
    return this.#places.get(index)!;
  }

  /** The same, for the last time: its place is the next one's. */
  take(index: number): number {
    const at = this.find(index);
    this.#places.delete(index);
    this.#free.push(at);
    return at;
  }

  #next(): number {
    const at = this.#end;
    this.#end += KEY_WORDS;
    if (this.#end > this.words.length) {
      const { words } = this;
      this.words = new Uint32Array(words.length * 2);
      this.words.set(words);
    }
    return at;
  }
}
