/** A file that is read through a decoder: decompressed, or converted to UTF-8. */

import { type InputFile, readAhead } from "./input_file.ts";

/** Decodes a file. */
export interface Decoder {
  /** Returns the next decoded bytes; none at the end. */
  next(): Promise<Uint8Array>;
  /** Number of bytes of the file that were decoded so far, and of the bytes that came out. */
  taken: number;
  given: number;
}

/** The decoded file. Its size is an estimate by what was decoded so far. */
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
