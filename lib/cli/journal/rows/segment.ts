/**
 * A segment: up to 1,000 journal entries of inputs that succeeded, in one row. A row for each entry takes 2.5 µs more CPU time
 * an input, and entries as JSON 1.9 µs more, where the whole run takes 4.8 µs (1 M short lines, Deno).
 */

import { Buffer } from "node:buffer";
import type { z } from "npm:zod@4.6.7";
import type { Lines } from "../../../wire/lines.ts";
import { KEY_WORDS, OCCURRENCE } from "../keys/input_key.ts";
import { ENTRY, MAX_ENTRIES, segmentAdded, segmentColumns, segmentCounts } from "../schema.ts";
import { checksumOfSegment, malformed } from "./checksum.ts";

export type SegmentRow = z.output<typeof segmentColumns>;

export interface Entry {
  /** The words of the input's key, from `at` on. */
  keys: Uint32Array;
  at: number;
  line: number;
  attempts: number;
  ms: number;
  result: string;
  /** Its sums by name; undefined if it has counted nothing. */
  counts?: Record<string, number>;
  added?: string[];
}

/** The journal entries of neighbouring inputs that succeeded at their first attempts. */
export interface Entries {
  /** The words of the inputs' keys, from `at` on. */
  keys: Uint32Array;
  at: number;
  results: Lines;
  lineOf: (n: number) => number;
  msOf: (n: number) => number;
}

/**
 * Memory for results that is used again for the next segment, in bytes. A guess; it is more than {@link MAX_ENTRIES} short results
 * take. Measured: with new memory for each segment, a million lines take 303 MB instead of 260.
 */
const ROOM = 1 << 20;

export class SegmentBuilder {
  readonly #view = new DataView(new ArrayBuffer(MAX_ENTRIES * ENTRY.size));
  /** Results, the first `#end` bytes. */
  #results = new Uint8Array(0);
  #end = 0;
  /** Results of single entries that are not among these bytes yet. */
  #texts: string[] = [];
  /** The inputs that tasks have handed in, each with the position of its task's entry. */
  #added: [position: number, inputs: string[]][] = [];
  /** The sums of entries that counted, each with the entry's position. */
  #counts: z.output<typeof segmentCounts> = [];
  /** Number of entries, at most {@link MAX_ENTRIES}. */
  count = 0;
  /** Length of all results, in bytes, and of the inputs that tasks have handed in, in characters. */
  length = 0;

  add({ keys, at, line, attempts, ms, result, counts, added }: Entry): void {
    if (added) {
      this.#added.push([this.count, added]);
      this.length += added.reduce((length, text) => length + text.length, 0);
    }
    if (counts) this.#counts.push([this.count, counts]);
    this.#addEntry(keys, at, { line, attempts, ms, resultLength: Buffer.byteLength(result) });
    this.#texts.push(result);
  }

  addSeveral({ keys, at, results, lineOf, msOf }: Entries): void {
    this.#encode();
    this.#append(results.bytes);
    for (let n = 0; n < results.length; n++) {
      const resultLength = results.lengthAt(n);
      this.#addEntry(keys, at + n * KEY_WORDS, { line: lineOf(n), attempts: 1, ms: msOf(n), resultLength });
    }
  }

  #addEntry(
    keys: Uint32Array,
    at: number,
    { line, attempts, ms, resultLength }: {
      line: number;
      attempts: number;
      ms: number;
      resultLength: number;
    },
  ): void {
    const view = this.#view;
    const start = this.count * ENTRY.size;
    // A hash is written as other programs write it: each word has the most significant byte first.
    for (let word = 0; word < OCCURRENCE; word++) {
      view.setUint32(start + ENTRY.hash + word * 4, keys[at + word]);
    }
    view.setUint32(start + ENTRY.occurrence, keys[at + OCCURRENCE], true);
    view.setUint32(start + ENTRY.attempts, attempts, true);
    view.setUint32(start + ENTRY.resultLength, resultLength, true);
    view.setFloat64(start + ENTRY.line, line, true);
    view.setFloat64(start + ENTRY.ms, ms, true);
    this.count++;
    this.length += resultLength;
  }

  #encode(): void {
    if (this.#texts.length === 0) return;
    this.#append(Buffer.from(`${this.#texts.join("\n")}\n`));
    this.#texts = [];
  }

  #append(bytes: Uint8Array): void {
    const end = this.#end + bytes.length;
    if (end > this.#results.length) {
      const more = new Uint8Array(Math.max(ROOM, end));
      more.set(this.#results.subarray(0, this.#end));
      this.#results = more;
    }
    this.#results.set(bytes, this.#end);
    this.#end = end;
  }

  /** Returns the row of all entries, and begins the next segment. The row is valid until an entry is added. */
  take(at: number): SegmentRow {
    this.#encode();
    const { count } = this;
    const entries = new Uint8Array(this.#view.buffer, 0, count * ENTRY.size);
    const results = this.#results.subarray(0, this.#end);
    if (this.#end > ROOM) this.#results = new Uint8Array(0);
    this.#end = 0;
    const counts = this.#counts.length > 0 ? JSON.stringify(this.#counts) : null;
    this.#counts = [];
    const added = this.#added.length > 0 ? JSON.stringify(this.#added) : null;
    this.#added = [];
    this.count = 0;
    this.length = 0;
    const sum = checksumOfSegment({ at, entries, results, counts, added });
    return { at, count, sum, entries, results, counts, added };
  }
}

const NONE: ReadonlyMap<number, string[]> = new Map();

export class Segment {
  /** When the row was written, in milliseconds since 1970. */
  readonly at: number;
  readonly count: number;
  readonly #view: DataView;
  readonly #results: Buffer;
  /** All results, if each character is a byte. */
  #text: string | undefined;
  /** Where each result begins, and where the one after the last would; undefined before {@link decode}. */
  #starts: Uint32Array | undefined;
  readonly #counts: Map<number, Record<string, number>>;
  readonly #keys = new Uint32Array(KEY_WORDS);
  readonly #added: ReadonlyMap<number, string[]>;

  /** @throws {Error} "malformed …" if the row is not as it was written */
  constructor(row: unknown) {
    const parsed = segmentColumns.safeParse(row);
    if (!parsed.success) throw malformed("columns");
    const { at, count, sum, entries, results, counts, added } = parsed.data;
    if (entries.length !== count * ENTRY.size) throw malformed("lengths");
    if (checksumOfSegment({ at, entries, results, counts, added }) !== sum) throw malformed("checksum");
    this.#added = added === null ? NONE : new Map(segmentAdded.parse(JSON.parse(added)));
    this.at = at;
    this.count = count;
    this.#view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
    this.#results = Buffer.from(results.buffer, results.byteOffset, results.byteLength);
    this.#counts = new Map(counts === null ? [] : segmentCounts.parse(JSON.parse(counts)));
  }

  /** Estimated memory of the segment, in bytes. */
  get size(): number {
    return this.#view.byteLength + 2 * this.#results.length;
  }

  readKey(position: number, keys: Uint32Array): void {
    const start = position * ENTRY.size;
    for (let word = 0; word < OCCURRENCE; word++) {
      keys[word] = this.#view.getUint32(start + ENTRY.hash + word * 4);
    }
    keys[OCCURRENCE] = this.#view.getUint32(start + ENTRY.occurrence, true);
  }

  line(position: number): number {
    return this.#view.getFloat64(position * ENTRY.size + ENTRY.line, true);
  }

  ms(position: number): number {
    return this.#view.getFloat64(position * ENTRY.size + ENTRY.ms, true);
  }

  attempts(position: number): number {
    return this.#view.getUint32(position * ENTRY.size + ENTRY.attempts, true);
  }

  /** The sums of an entry by name; undefined if it has counted nothing. */
  countsOf(position: number): Record<string, number> | undefined {
    return this.#counts.get(position);
  }

  /** A whole entry. Its key is valid until the next entry is read. */
  read(position: number): Entry {
    this.decode();
    this.readKey(position, this.#keys);
    return {
      keys: this.#keys,
      at: 0,
      line: this.line(position),
      attempts: this.attempts(position),
      ms: this.ms(position),
      result: this.#result(position),
      counts: this.countsOf(position),
      added: this.#added.get(position),
    };
  }

  #result(position: number): string {
    const start = this.#starts![position];
    const end = this.#starts![position + 1] - 1;
    return this.#text?.slice(start, end) ?? this.#results.toString("utf8", start, end);
  }

  /**
   * Finds the results. {@link read} does so when it is called for the first time.
   *
   * @throws {Error} "malformed …" if the results are longer or shorter than the entries say
   */
  decode(): void {
    if (this.#starts) return;
    const starts = new Uint32Array(this.count + 1);
    let length = 0;
    for (let position = 0; position < this.count; position++) {
      length += this.#view.getUint32(position * ENTRY.size + ENTRY.resultLength, true) + 1;
      starts[position + 1] = length;
    }
    if (this.#results.length !== length) throw malformed("results");
    const text = this.#results.toString();
    if (text.length === length) this.#text = text;
    this.#starts = starts;
  }
}
