/**
 * The outcomes that a journal has from earlier runs: which inputs they are of is known at once, what they are is
 * read when it is asked for.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Final } from "../output/outcome_writer.ts";
import { ChunkBuilder } from "./rows/segment.ts";
import { allChunks, ChunkStore } from "./rows/segment_rows.ts";
import { allFailures, failureSelect, readFailure } from "./rows/failure_rows.ts";
import { isSameHash, KEY_WORDS, keyOf, wordsOf } from "./keys/hash_words.ts";
import { KeyTable } from "./keys/key_table.ts";

/** Which input it is. */
export interface Wanted {
  hash: Uint32Array;
  occurrence: number;
  index: number;
}

/** What is in a journal as it is opened. Each outcome has a place, from 1 on: first the chunks', then the failures. */
export class EarlierOutcomes {
  readonly #db: DatabaseSync;
  readonly #store: ChunkStore;
  readonly #selectFailure: StatementSync;
  readonly #places = new KeyTable();
  /** The ids of the chunks, and the place of the first outcome of each. */
  readonly #chunks: number[] = [];
  readonly #firsts: number[] = [];
  /** The chunk that was asked for last, by its position in `#chunks`. */
  #last = 0;
  /** The ids of the failures, and the place of the first. */
  readonly #failures: number[] = [];
  #firstFailure = 1;
  /** A bit for each whose input is there. */
  #seen = new Uint8Array(0);
  readonly #key = new Uint32Array(KEY_WORDS);

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#store = new ChunkStore(db);
    this.#selectFailure = failureSelect(db);
    this.#readKeys();
  }

  /** Whether there are none. */
  get isEmpty(): boolean {
    return this.#places.size === 0;
  }

  /** The outcome of an input, if there is one. */
  find(wanted: Wanted): Final | undefined {
    const place = this.#placeOf(wanted);
    if (place === 0) return undefined;
    // It is another input's where only the beginning of the keys is alike.
    const found = place < this.#firstFailure
      ? this.#readDone(place, wanted)
      : this.#readFailure(place, wanted);
    if (found) this.#seen[place >> 3] |= 1 << (place & 7);
    return found;
  }

  /** The row of an input that `find` says has failed. */
  failureOf(wanted: Wanted): number {
    return this.#failures[this.#placeOf(wanted) - this.#firstFailure];
  }

  /** How many have no input, once all of the input was read. */
  get unseen(): { ok: number; failed: number } {
    const unseen = { ok: 0, failed: 0 };
    for (let place = 1; place < this.#firstFailure; place++) if (!this.#isSeen(place)) unseen.ok++;
    for (let at = 0; at < this.#failures.length; at++) {
      if (!this.#isSeen(this.#firstFailure + at)) unseen.failed++;
    }
    return unseen;
  }

  /** Removes those that have no input. */
  forgetUnseen(): void {
    const remove = this.#db.prepare("DELETE FROM failures WHERE id = ?");
    for (const [at, id] of this.#failures.entries()) {
      if (!this.#isSeen(this.#firstFailure + at)) remove.run(id);
    }
    for (let at = 0; at < this.#chunks.length; at++) this.#tidyChunk(at);
  }

  #tidyChunk(at: number): void {
    const [id, first, end] = [this.#chunks[at], this.#firsts[at], this.#firsts[at + 1] ?? this.#firstFailure];
    const stays = Array.from({ length: end - first }, (_, n) => n).filter((n) => this.#isSeen(first + n));
    if (stays.length === end - first) return;
    if (stays.length === 0) return void this.#db.prepare("DELETE FROM chunks WHERE id = ?").run(id);
    const chunk = this.#store.read(id);
    const builder = new ChunkBuilder();
    for (const position of stays) builder.add(chunk.read(position));
    const { count, sum, entries, results } = builder.take(chunk.at);
    this.#db.prepare("UPDATE chunks SET count = ?, sum = ?, entries = ?, results = ? WHERE id = ?")
      .run(count, sum, entries, results, id);
  }

  #readKeys(): void {
    let place = 1;
    const add = (key: Uint32Array, occurrence: number) => {
      const { high, low } = keyOf(key, occurrence);
      this.#places.set(high, low, place++);
    };
    for (const { id, chunk } of allChunks(this.#db)) {
      this.#chunks.push(id);
      this.#firsts.push(place);
      for (let position = 0; position < chunk.count; position++) {
        chunk.readKey(position, this.#key);
        add(this.#key, this.#key[8]);
      }
    }
    this.#firstFailure = place;
    for (const { id, hash, occurrence } of allFailures(this.#db)) {
      this.#failures.push(id);
      add(wordsOf(hash), occurrence);
    }
    this.#seen = new Uint8Array((place >> 3) + 1);
  }

  #placeOf({ hash, occurrence }: Wanted): number {
    const { high, low } = keyOf(hash, occurrence);
    return this.#places.get(high, low);
  }

  #readDone(place: number, { hash, occurrence, index }: Wanted): Final | undefined {
    const at = this.#chunkOf(place);
    const position = place - this.#firsts[at];
    const chunk = this.#store.read(this.#chunks[at]);
    chunk.readKey(position, this.#key);
    if (!isSameHash(this.#key, hash) || this.#key[8] !== occurrence) return undefined;
    const { attempts, ms, result } = chunk.read(position);
    return { index, attempts, ms, value: result, error: undefined };
  }

  #readFailure(place: number, { hash, occurrence, index }: Wanted): Final | undefined {
    const row = readFailure(this.#selectFailure.get(this.#failures[place - this.#firstFailure]));
    if (!isSameHash(wordsOf(row.hash), hash) || row.occurrence !== occurrence) return undefined;
    const { attempts, ms, error } = row;
    return { index, attempts, ms, value: undefined, error };
  }

  /** The position in `#chunks` of the one that holds a place; the same as before, most of the time. */
  #chunkOf(place: number): number {
    const firsts = this.#firsts;
    if (place >= firsts[this.#last] && place < (firsts[this.#last + 1] ?? Infinity)) return this.#last;
    let [low, high] = [0, firsts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (firsts[middle] <= place) low = middle;
      else high = middle - 1;
    }
    return this.#last = low;
  }

  #isSeen(place: number): boolean {
    return (this.#seen[place >> 3] & 1 << (place & 7)) !== 0;
  }
}
