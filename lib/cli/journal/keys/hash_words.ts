/**
 * Hashes as they are worked with: eight words of 32 bits, the highest byte first. With the number of the occurrence
 * as the ninth they are the key of an input.
 *
 * @module
 */

/** The words of a key. */
export const KEY_WORDS = 9;

/** 64 bits that stand for a key. */
export interface ShortKey {
  high: number;
  low: number;
}

/** A key for the n-th input with this content; every n has one of its own. */
export function keyOf(hash: Uint32Array, occurrence = 0): ShortKey {
  const high = hash[0] ^ Math.imul(occurrence, 0x9e3779b1);
  const low = hash[1] ^ Math.imul(occurrence, 0x85ebca6b);
  return { high: high >>> 0, low: low >>> 0 };
}

/** Whether two keys are of the same hash. */
export function isSameHash(one: Uint32Array, other: Uint32Array): boolean {
  for (let word = 0; word < 8; word++) if (one[word] !== other[word]) return false;
  return true;
}

/** The words of a hash as it is written. */
export function wordsOf(hash: Uint8Array): Uint32Array {
  const view = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
  return Uint32Array.from({ length: hash.length >> 2 }, (_, word) => view.getUint32(word * 4));
}

/** A hash as it is written. */
export function bytesOf(words: Uint32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(words.length * 4));
  words.forEach((word, at) => view.setUint32(at * 4, word));
  return new Uint8Array(view.buffer);
}
