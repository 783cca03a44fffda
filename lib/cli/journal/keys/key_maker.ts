/** Makes the keys of lines: their hashes, and which occurrence of its text each line is. */

import { KeyTable } from "../../../wire/key_table.ts";
import type { Lines } from "../../../wire/lines.ts";
import { KEY_WORDS, OCCURRENCE } from "./input_key.ts";
import { LineHasher } from "./line_hasher.ts";

export class KeyMaker {
  /** Numbers of the occurrences of each text so far. */
  readonly occurrences: KeyTable;
  readonly #hasher = new LineHasher();

  constructor(occurrences = new KeyTable()) {
    this.occurrences = occurrences;
  }

  /** The keys of lines, one after another. */
  keysOf(lines: Lines): Uint32Array<ArrayBuffer> {
    const keys = new Uint32Array(lines.length * KEY_WORDS);
    this.#hasher.hash(lines, keys);
    for (let at = 0; at < keys.length; at += KEY_WORDS) {
      keys[at + OCCURRENCE] = this.occurrences.count(keys[at], keys[at + 1]);
    }
    return keys;
  }
}
