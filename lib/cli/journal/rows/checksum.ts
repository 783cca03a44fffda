/**
 * The checksum of a row of the journal: SQLite does not notice bytes that changed within one.
 *
 * @module
 */

import { crc32 } from "node:zlib";

/** CRC-32 of a row's columns, in their order. */
export function rowSum(columns: unknown[]): number {
  const plain = columns.map((column) => column instanceof Uint8Array ? [...column] : column);
  return crc32(JSON.stringify(plain));
}

/** What a damaged journal is known by, as with SQLite. */
export function malformed(what: string): Error {
  return new Error(`malformed outcomes: ${what}`);
}
