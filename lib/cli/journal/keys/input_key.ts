/**
 * The key of an input in a journal: the SHA-256 of its line, and which occurrence of that line it is. A key is nine words of
 * 32 bits in a typed array: eight of the hash, each with the most significant byte first, then the occurrence.
 */

export const KEY_WORDS = 9;

/** The position of the occurrence among the words of a key; the words before it are the hash. */
export const OCCURRENCE = 8;

/** 64 bits of a key. Two keys may have the same ones, so the whole hash has to be compared, too. */
interface ShortKey {
  high: number;
  low: number;
}

/** The short key of an occurrence of a line. Each occurrence has another one. */
export function shortKeyOf(hash: Uint32Array, occurrence: number): ShortKey {
  // Two odd numbers near 2^32 divided by the golden ratio, which spread small ones over all bits.
  const high = hash[0] ^ Math.imul(occurrence, 0x9e3779b1);
  const low = hash[1] ^ Math.imul(occurrence, 0x85ebca6b);
  return { high: high >>> 0, low: low >>> 0 };
}

export function isSameHash(one: Uint32Array, other: Uint32Array): boolean {
  for (let word = 0; word < OCCURRENCE; word++) if (one[word] !== other[word]) return false;
  return true;
}

export function wordsOf(hash: Uint8Array): Uint32Array {
  const view = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
  return Uint32Array.from({ length: hash.length >> 2 }, (_, word) => view.getUint32(word * 4));
}

export function bytesOf(words: Uint32Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(words.length * 4));
  words.forEach((word, at) => view.setUint32(at * 4, word));
  return new Uint8Array(view.buffer);
}
