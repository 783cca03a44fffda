/** Checksums of the journal's rows, and the error of a row that does not match its checksum. */

import { crc32 } from "node:zlib";

export function checksumOf(columns: unknown[]): number {
  const plain = columns.map((column) => column instanceof Uint8Array ? [...column] : column);
  return crc32(JSON.stringify(plain));
}

/** CRC-32 of a segment: the time of writing, the entries, the results, the sums, the inputs that tasks have handed in. */
export function checksumOfSegment(
  { at, entries, results, counts, added }: {
    at: number;
    entries: Uint8Array;
    results: Uint8Array;
    counts: string | null;
    added: string | null;
  },
): number {
  const sum = crc32(counts ?? "", crc32(results, crc32(entries, crc32(String(at)))));
  return crc32(added ?? "", sum);
}

/** The error of a row that is not as it was written. `journal_file.ts` knows it by "malformed", SQLite's own word. */
export function malformed(what: string): Error {
  return new Error(`malformed outcomes: ${what}`);
}
