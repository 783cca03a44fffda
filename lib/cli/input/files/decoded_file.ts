/**
 * A file that is read through a decoder: unpacked, or with its text in another encoding.
 *
 * @module
 */

import { type InputFile, readAhead } from "./input_file.ts";

/** Decodes a file. */
export interface Decoder {
  /** The next decoded bytes; none at the end. */
  next(): Promise<Uint8Array>;
  /** How many bytes of the file were decoded so far, and how many came out. */
  taken: number;
  given: number;
}

/** What is in the file. Its size is an estimate: that the rest decodes as what was decoded so far. */
export function decodedFile(file: InputFile, decoder: Decoder): InputFile {
  return {
    name: file.name,
    stats: file.stats,
    get size() {
      const { taken, given } = decoder;
      return file.size === undefined || taken === 0 ? undefined : Math.round(file.size * given / taken);
    },
    ...readAhead(() => decoder.next()),
    close: () => file.close(),
  };
}
