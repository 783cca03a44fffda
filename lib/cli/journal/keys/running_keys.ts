/**
 * The keys of the inputs that run, as one typed array for each block of lines. A map with an entry for each input takes
 * 0.3 µs an input more.
 */

import { lastFrom } from "../../basics/bisect.ts";
import { KEY_WORDS } from "./input_key.ts";

/** A key: nine words of an array, from `start` on. */
interface Key {
  words: Uint32Array;
  start: number;
}

interface KeyBlock {
  first: number;
  end: number;
  words: Uint32Array;
  left: number;
}

export class RunningKeys {
  readonly #blocks: KeyBlock[] = [];

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

  get size(): number {
    return this.#blocks.length;
  }

  find(index: number): Key {
    const { first, words } = this.#blockOf(index);
    return { words, start: (index - first) * KEY_WORDS };
  }

  /** The key of an input that does not run any more, and is not asked for again. */
  take(index: number): Key {
    return this.takeSeveral(index, 1);
  }

  /** The keys of inputs from `index` on, one after another: of at most `most` inputs, and those of one block. */
  takeSeveral(index: number, most: number): Key & { count: number } {
    const block = this.#blockOf(index);
    const count = Math.min(most, block.end - index);
    block.left -= count;
    if (block.left === 0) this.#blocks.splice(this.#blocks.indexOf(block), 1);
    return { words: block.words, start: (index - block.first) * KEY_WORDS, count };
  }

  #blockOf(index: number): KeyBlock {
    return this.#blocks[lastFrom(index, this.#blocks.length, (at) => this.#blocks[at].first)];
  }
}
