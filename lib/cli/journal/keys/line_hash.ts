/**
 * The SHA-256 of a line. Long lines are left to the runtime's own implementation.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Lines } from "../../../wire/lines.ts";
import { hashScratch, hashText, ROOM, scratch } from "../../../wire/sha256.ts";
import type { Line } from "../../input/formats/splitter.ts";
import { wordsOf } from "./hash_words.ts";

/** The hash of the line's bytes; of its UTF-8 where it is text. Valid until the next line is hashed. */
export function hashLine(line: Line): Uint32Array {
  if (line.length * 3 > ROOM) return wordsOf(createHash("sha256").update(line).digest());
  if (typeof line === "string") return hashText(line);
  scratch.set(line);
  return hashScratch(line.length);
}

/** The hash of a line in a block. Valid until the next line is hashed. */
export function hashLineOf(lines: Lines, index: number): Uint32Array {
  const length = lines.copyTo(index, scratch, ROOM);
  if (length <= ROOM) return hashScratch(length);
  return wordsOf(createHash("sha256").update(lines.bytesAt(index)).digest());
}
