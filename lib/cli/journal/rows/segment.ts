/**
 * Many outcomes in one row of the journal: a row each would cost more than all else that becomes of a short task.
 * What has always the same size is in `entries`, one after another, least byte first:
 *
 *     0 hash of the line (SHA-256)   32 occurrence u32   36 attempts u32   40 length of the result u32
 *     44 line number f64             52 running time in milliseconds f64
 *
 * The results are one UTF-8 text, cut by their lengths in UTF-16 code units, as JavaScript counts.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { z } from "npm:zod@4.6.7";
import { KEY_WORDS } from "../keys/hash_words.ts";
import { malformed } from "./checksum.ts";

/** The bytes of an entry. */
const ENTRY = 60;

/** So many outcomes are in a chunk at the most. */
export const MOST_ENTRIES = 1_000;

/** A row of `chunks`, but for its id. */
export interface ChunkRow {
  /** When it was written, in milliseconds since 1970. */
  at: number;
  count: number;
  /** CRC-32 of all of it: SQLite would not notice if bytes within it changed. */
  sum: number;
  entries: Uint8Array;
  results: Uint8Array;
}

/** An input that ended well. */
export interface Done {
  /** The words of the hash, and the occurrence as the ninth, from `at` on. */
  keys: Uint32Array;
  at: number;
  line: number;
  attempts: number;
  ms: number;
  result: string;
}

const schema = z.object({
  at: z.number(),
  count: z.int().min(1),
  sum: z.number(),
  entries: z.instanceof(Uint8Array),
  results: z.instanceof(Uint8Array),
});

/** Outcomes → a row; again and again in the same memory. */
export class ChunkBuilder {
  readonly #view = new DataView(new ArrayBuffer(MOST_ENTRIES * ENTRY));
  #results: string[] = [];
  /** The characters of the results. */
  length = 0;

  get count(): number {
    return this.#results.length;
  }

  /** Adds an outcome, where there are less than a thousand. */
  add({ keys, at, line, attempts, ms, result }: Done): void {
    const view = this.#view;
    const entry = this.#results.length * ENTRY;
    // A hash is written as everybody writes it: its words have the highest byte first.
    for (let word = 0; word < 8; word++) view.setUint32(entry + word * 4, keys[at + word]);
    view.setUint32(entry + 32, keys[at + 8], true);
    view.setUint32(entry + 36, attempts, true);
    view.setUint32(entry + 40, result.length, true);
    view.setFloat64(entry + 44, line, true);
    view.setFloat64(entry + 52, ms, true);
    this.#results.push(result);
    this.length += result.length;
  }

  /** All that was added, as a row. It is valid until the next outcome is added. */
  take(at: number): ChunkRow {
    const count = this.count;
    const entries = new Uint8Array(this.#view.buffer, 0, count * ENTRY);
    const results = Buffer.from(this.#results.join(""));
    this.#results = [];
    this.length = 0;
    return { at, count, sum: chunkSum({ at, entries, results }), entries, results };
  }
}

/** A row → its outcomes, by their position in it. */
export class Chunk {
  readonly at: number;
  readonly count: number;
  readonly #view: DataView;
  readonly #results: Uint8Array;
  #text: string | undefined;
  /** Where each result begins in the text, and where the last one ends. */
  #starts = new Uint32Array(0);
  readonly #keys = new Uint32Array(KEY_WORDS);

  /** @throws if the row is not as it was written */
  constructor(row: unknown) {
    const parsed = schema.safeParse(row);
    if (!parsed.success) throw malformed("columns");
    const { at, count, sum, entries, results } = parsed.data;
    if (entries.length !== count * ENTRY) throw malformed("lengths");
    if (chunkSum({ at, entries, results }) !== sum) throw malformed("checksum");
    this.at = at;
    this.count = count;
    this.#view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
    this.#results = results;
  }

  /** About how many bytes of memory it takes. */
  get size(): number {
    return this.#view.byteLength + 2 * this.#results.length;
  }

  /** Copies the words of a key. */
  readKey(position: number, keys: Uint32Array): void {
    const entry = position * ENTRY;
    for (let word = 0; word < 8; word++) keys[word] = this.#view.getUint32(entry + word * 4);
    keys[8] = this.#view.getUint32(entry + 32, true);
  }

  line(position: number): number {
    return this.#view.getFloat64(position * ENTRY + 44, true);
  }

  ms(position: number): number {
    return this.#view.getFloat64(position * ENTRY + 52, true);
  }

  attempts(position: number): number {
    return this.#view.getUint32(position * ENTRY + 36, true);
  }

  /** All about an outcome; the key is valid until the next is read. */
  read(position: number): Done {
    this.decode();
    this.readKey(position, this.#keys);
    return {
      keys: this.#keys,
      at: 0,
      line: this.line(position),
      attempts: this.attempts(position),
      ms: this.ms(position),
      result: this.#text!.slice(this.#starts[position], this.#starts[position + 1]),
    };
  }

  /** @throws if the results are longer or shorter than they were */
  decode(): void {
    if (this.#text !== undefined) return;
    const starts = new Uint32Array(this.count + 1);
    let length = 0;
    for (let position = 0; position < this.count; position++) {
      length += this.#view.getUint32(position * ENTRY + 40, true);
      starts[position + 1] = length;
    }
    const text = Buffer.from(this.#results.buffer, this.#results.byteOffset, this.#results.length).toString();
    if (text.length !== length) throw malformed("results");
    this.#text = text;
    this.#starts = starts;
  }
}

/** The checksum of a row. */
export function chunkSum({ at, entries, results }: Pick<ChunkRow, "at" | "entries" | "results">): number {
  return crc32(results, crc32(entries, crc32(String(at))));
}
