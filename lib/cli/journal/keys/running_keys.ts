/**
 * The keys of the inputs that run, as one typed array for each block of lines. A map with an entry for each input takes
 * 0.3 µs an input more.
 */

import { KEY_WORDS } from "./input_key.ts";

/** A key: nine words of an array, from `start` on. */
interface Key {
  words: Uint32Array;
  start: number;
}

/** The keys of neighbouring inputs. */
interface KeyBlock {
  /** The index of the first input. */
  first: number;
  /** The index after the last input. */
  end: number;
  words: Uint32Array;
  /** Number of inputs that run. */
  left: number;
}

export class RunningKeys {
  /** In the order of indices. */
  readonly #blocks: KeyBlock[] = [];
  /** The block of the input that was asked for last. */
  #found: KeyBlock | undefined;

  /**
   * Adds the keys of neighbouring inputs. Their indices are higher than those of all inputs before.
   *
   * @param first the index of the first input
   * @param words the keys of all inputs, one after another
   * @param left number of inputs that run
   */
  add(first: number, words: Uint32Array, left: number): void {
    if (left > 0) this.#blocks.push({ first, end: first + words.length / KEY_WORDS, words, left });
  }

  /** Number of blocks with inputs that run. */
  get size(): number {
    return this.#blocks.length;
  }

  /** The key of an input. */
  find(index: number): Key {
    if (!this.#found || index < this.#found.first || index >= this.#found.end) {
      this.#found = this.#blockOf(index);
    }
    const { first, words } = this.#found;
    return { words, start: (index - first) * KEY_WORDS };
  }

  /** The key of an input that does not run any more, and is not asked for again. */
  take(index: number): Key {
    return this.takeSeveral(index, 1);
  }

  /** The keys of inputs from `index` on, one after another: of at most `most` inputs, and those of one block. */
  takeSeveral(index: number, most: number): Key & { count: number } {
    const { words, start } = this.find(index);
    const block = this.#found!;
    const count = Math.min(most, block.end - index);
    block.left -= count;
    if (block.left === 0) this.#blocks.splice(this.#blocks.indexOf(block), 1);
    return { words, start, count };
  }

  #blockOf(index: number): KeyBlock {
    let [from, to] = [0, this.#blocks.length - 1];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (index >= this.#blocks[middle].end) from = middle + 1;
      else to = middle;
    }
    return this.#blocks[from];
  }
}
