/**
 * Hashes the lines of a block, four at once. Measured on Deno 2.9 for a line of 69 bytes: 0.2 µs, and 0.9 µs with
 * `hashText()`, 4 µs with `createHash()`.
 */

import { createHash } from "node:crypto";
import type { Lines } from "../../../wire/lines.ts";
import { KEY_WORDS, wordsOf } from "./input_key.ts";
import { INPUT_ROOM, MAX_MESSAGE, PLACES, type Sha256Module, sha256Module } from "./sha256_module.ts";

const LANES = 4;

/** Length of a padded message of `length` bytes: whole blocks, with at least nine bytes of padding. */
const paddedLength = (length: number) => (length + 72) & ~63;

/** Lines with the same number of blocks, which wait until there are four. */
class Group {
  readonly indices = new Int32Array(LANES);
  readonly starts = new Int32Array(LANES);
  readonly lengths = new Int32Array(LANES);
  count = 0;
}

export class LineHasher {
  readonly #module: Sha256Module = sha256Module();
  readonly #input = new Uint8Array(this.#module.memory.buffer, PLACES.input);
  /** The hashes of four messages: the first word of each, then the second of each. */
  readonly #hashes = new Uint32Array(this.#module.memory.buffer, PLACES.state, LANES * 8);
  readonly #groups = Array.from({ length: paddedLength(MAX_MESSAGE) / 64 + 1 }, () => new Group());

  /** Writes the hash of each line to `keys`: that of the line `n` from the word `n * KEY_WORDS` on. */
  hash(lines: Lines, keys: Uint32Array): void {
    const { bytes } = lines;
    /** The part of the bytes that is in the module's memory. */
    let [from, to] = [0, 0];
    for (let index = 0, start = 0; index < lines.length; index++) {
      const length = lines.lengthAt(index);
      const end = start + length;
      if (length > MAX_MESSAGE) {
        keys.set(
          wordsOf(createHash("sha256").update(bytes.subarray(start, end)).digest()),
          index * KEY_WORDS,
        );
      } else {
        if (end > to) {
          this.#finish(keys);
          [from, to] = [start, Math.min(start + INPUT_ROOM, bytes.length)];
          this.#input.set(bytes.subarray(from, to));
        }
        this.#add(index, start - from, length, keys);
      }
      start = end + 1;
    }
    this.#finish(keys);
  }

  #add(index: number, start: number, length: number, keys: Uint32Array): void {
    const blocks = paddedLength(length) / 64;
    const group = this.#groups[blocks];
    const { count } = group;
    group.indices[count] = index;
    group.starts[count] = start;
    group.lengths[count] = length;
    group.count = count + 1;
    if (group.count === LANES) this.#hash(group, blocks, keys);
  }

  #finish(keys: Uint32Array): void {
    this.#groups.forEach((group, blocks) => {
      if (group.count > 0) this.#hash(group, blocks, keys);
    });
  }

  #hash(group: Group, blocks: number, keys: Uint32Array): void {
    const { count, indices, starts, lengths } = group;
    for (let lane = 0; lane < count; lane++) {
      this.#module.pad(lane, PLACES.input + starts[lane], lengths[lane], blocks * 64);
    }
    this.#module.hash(blocks);
    const hashes = this.#hashes;
    for (let lane = 0; lane < count; lane++) {
      const key = indices[lane] * KEY_WORDS;
      for (let word = 0; word < 8; word++) keys[key + word] = hashes[word * LANES + lane];
    }
    group.count = 0;
  }
}
