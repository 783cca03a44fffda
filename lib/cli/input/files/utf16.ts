/** Converts UTF-16 to UTF-8, a piece at a time. Loaded only for files that begin with a byte order mark. */

import { Buffer } from "node:buffer";
import { decodedFile, type Decoder, type InputFile } from "./input_file.ts";
import { joined } from "../../../wire/bytes.ts";

/** Not UTF-8. It replaces an invalid character, so that the line fails, and no other line. */
const INVALID = new Uint8Array([0xff]);

export function fromUtf16(file: InputFile, order: "utf16le" | "utf16be"): InputFile {
  let rest: Uint8Array = new Uint8Array(0);
  let ended = false;
  const decoder: Decoder = { taken: 0, given: 0, next };
  return decodedFile(file, decoder);

  async function next(): Promise<Uint8Array> {
    while (!ended) {
      const bytes = await file.read();
      ended = bytes.length === 0;
      decoder.taken += bytes.length;
      const all = Buffer.from(joined([rest, bytes]));
      const whole = ended ? all.length - all.length % 2 : wholeCharacters(all, order);
      rest = new Uint8Array(all.subarray(whole));
      const text = textOf(all.subarray(0, whole), order);
      // A single byte at the end is no character.
      const encoded = ended && rest.length > 0 ? joined([text, INVALID]) : text;
      decoder.given += encoded.length;
      if (encoded.length > 0) return encoded;
    }
    return new Uint8Array(0);
  }
}

/** Number of bytes that are whole characters. The first half of a surrogate pair at the end is none. */
function wholeCharacters(bytes: Buffer, order: "utf16le" | "utf16be"): number {
  const length = bytes.length - bytes.length % 2;
  if (length === 0) return 0;
  const high = bytes[length - (order === "utf16le" ? 1 : 2)];
  return high >= 0xd8 && high <= 0xdb ? length - 2 : length;
}

function textOf(bytes: Buffer, order: "utf16le" | "utf16be"): Uint8Array {
  if (order === "utf16be") bytes.swap16();
  const text = bytes.toString("utf16le");
  if (text.isWellFormed()) return Buffer.from(text);
  const pieces = text.split(/\p{Surrogate}/u).map((piece) => Buffer.from(piece));
  return joined(pieces.flatMap((piece, at) => at === 0 ? [piece] : [INVALID, piece]));
}
