/**
 * Hashes the content of inputs, so that an input is selected for what it is, and not for its place. The text of an input is
 * that of its line, without the line's end. A row of CSV counts as the JSON that the task gets.
 */

import type { Lines } from "../../../wire/lines.ts";
import { KEY_WORDS } from "../../journal/keys/input_key.ts";
import { LineHasher } from "../../journal/keys/line_hasher.ts";

/** Number of words of 32 bits between the hashes of two lines. */
export const HASH_WORDS = KEY_WORDS;

/** Returns a function that hashes lines: the SHA-256 of the line `n` begins at the word `n * HASH_WORDS`. */
export function contentHasher(): (lines: Lines) => Uint32Array {
  const hasher = new LineHasher();
  let hashes = new Uint32Array(0);
  return (lines) => {
    const words = lines.length * HASH_WORDS;
    if (hashes.length < words) hashes = new Uint32Array(words);
    hasher.hash(lines, hashes);
    return hashes;
  };
}
