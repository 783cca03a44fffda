/** The interface of `--shard` and `--sample`: a selection decides which inputs run. The others are read and forgotten. */

import { Lines } from "../../../wire/lines.ts";
import { KEY_WORDS } from "../../journal/keys/input_key.ts";
import { LineHasher } from "../../journal/keys/line_hasher.ts";
import { indexIn, numberAt, type Sourced } from "../origin.ts";
import { joined } from "../../../wire/bytes.ts";

export interface Selection {
  /** Maximum number of inputs that are selected; undefined if there is none. */
  readonly most?: number;
  /** The part of all inputs that is selected, as far as it is known from the start. Default: all. */
  readonly share?: number;
  /** Returns the inputs of a block that run; undefined if there are none so far. The block's memory may change afterwards. */
  take(block: Sourced): Sourced | undefined;
  /** Returns the inputs that were held until the end of all inputs. */
  end(): Sourced[];
}

export interface Picked {
  bytes: Uint8Array;
  /** Its index among all inputs. */
  index: number;
  number: number;
}

const NEWLINE = 10;

/** Number of words of 32 bits between the hashes of two lines. */
export const HASH_WORDS = KEY_WORDS;

/**
 * Returns a function that hashes lines, so that an input is selected for what it is, and not for its place. A row of CSV counts as the
 * JSON that the task gets. The SHA-256 of the line `n` begins at the word `n * HASH_WORDS`.
 */
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

export function pick(block: Sourced, at: number): Picked {
  const line = block.lines.bytesAt(at);
  const bytes = new Uint8Array(line.length + 1);
  bytes.set(line);
  bytes[line.length] = NEWLINE;
  return { bytes, index: indexIn(block, at), number: numberAt(block, at) };
}

export function blockOfPicked(picked: Picked[], { source, size }: Pick<Sourced, "source" | "size">): Sourced {
  const bytes = joined(picked.map(({ bytes }) => bytes));
  const { length } = picked;
  return {
    lines: new Lines(bytes, length),
    number: picked[0].number,
    numbers: picked.map(({ number }) => number),
    whole: picked[0].index,
    wholes: picked.map(({ index }) => index),
    memory: { bytes, left: length },
    source,
    size,
  };
}
