/** The outcomes that a journal has from earlier sessions. All keys are read at once; an outcome is read when an input asks for it. */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Sums } from "../../executor/basics/sums.ts";
import type { Final } from "../output/outcome_writer.ts";
import { lastFrom } from "../basics/bisect.ts";
import { isSameHash, KEY_WORDS, OCCURRENCE, shortKeyOf, wordsOf } from "./keys/input_key.ts";
import { KeyTable } from "../../wire/key_table.ts";
import { allFailures, type Failure, failureSelect, readFailure } from "./rows/failure_rows.ts";
import { SegmentBuilder } from "./rows/segment.ts";
import { allSegments, replaceSegment, SegmentCache } from "./rows/segment_rows.ts";

export interface UnclaimedOutcomes {
  ok: number;
  failed: number;
  counts: Record<string, number>;
}

/** The key of an input, and its index in this session. */
interface Wanted {
  hash: Uint32Array;
  occurrence: number;
  index: number;
}

/** The outcomes of a journal as it was opened. Each has a place, from 1: first the entries of all segments, then the failures. */
export class EarlierOutcomes {
  readonly #db: DatabaseSync;
  readonly #segments: SegmentCache;
  readonly #selectFailure: StatementSync;
  readonly #places = new KeyTable();
  /** The ids of the segments, and the place of the first entry of each. */
  readonly #segmentIds: number[] = [];
  readonly #firstPlaces: number[] = [];
  /** The ids of the failures, and the place of the first. */
  readonly #failureIds: number[] = [];
  #firstFailure = 1;
  /** By place: 1 if an input has asked for the outcome. */
  readonly #claimed: Uint8Array;
  readonly #key = new Uint32Array(KEY_WORDS);

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#segments = new SegmentCache(db);
    this.#selectFailure = failureSelect(db);
    this.#claimed = new Uint8Array(this.#readKeys());
  }

  get isEmpty(): boolean {
    return this.#places.size === 0;
  }

  /** The outcome of an input; undefined if there is none. An outcome that was found is claimed. */
  find(wanted: Wanted): Final | undefined {
    const place = this.#placeOf(wanted);
    if (place === 0) return undefined;
    // The short key may be that of another input.
    const found = place < this.#firstFailure
      ? this.#readSuccess(place, wanted)
      : this.#readFailure(place, wanted);
    if (found) this.#claimed[place] = 1;
    return found;
  }

  /** The id of the failure of an input for which {@link find} has returned one. */
  failureOf(wanted: Wanted): number {
    return this.#failureIds[this.#placeOf(wanted) - this.#firstFailure];
  }

  /** Numbers of outcomes that no input has claimed, and what they have counted. They have no input, once the whole input was read. */
  get unclaimed(): UnclaimedOutcomes {
    const counts = new Sums();
    const unclaimed = { ok: 0, failed: 0 };
    for (let place = 1; place < this.#claimed.length; place++) {
      if (this.#claimed[place]) continue;
      unclaimed[place < this.#firstFailure ? "ok" : "failed"]++;
      counts.addAll(this.#countsAt(place) ?? {});
    }
    return { ...unclaimed, counts: counts.toRecord() };
  }

  #countsAt(place: number): Record<string, number> | undefined {
    if (place >= this.#firstFailure) return this.#failureAt(place).counts;
    const at = this.#segmentOf(place);
    return this.#segments.read(this.#segmentIds[at]).countsOf(place - this.#firstPlaces[at]);
  }

  removeUnclaimed(): void {
    const remove = this.#db.prepare("DELETE FROM failures WHERE id = ?");
    for (const [at, id] of this.#failureIds.entries()) {
      if (!this.#claimed[this.#firstFailure + at]) remove.run(id);
    }
    for (let at = 0; at < this.#segmentIds.length; at++) this.#removeFromSegment(at);
  }

  #removeFromSegment(at: number): void {
    const id = this.#segmentIds[at];
    const first = this.#firstPlaces[at];
    const claimed = this.#claimed.subarray(first, this.#firstPlaces[at + 1] ?? this.#firstFailure);
    if (claimed.every(Boolean)) return;
    if (!claimed.some(Boolean)) return replaceSegment(this.#db, id, undefined);
    const segment = this.#segments.read(id);
    const builder = new SegmentBuilder();
    claimed.forEach((isClaimed, position) => isClaimed && builder.add(segment.read(position)));
    replaceSegment(this.#db, id, builder.take(segment.at));
  }

  /** Reads the keys of all outcomes. Returns the place after the last one. */
  #readKeys(): number {
    let place = 1;
    const add = (hash: Uint32Array, occurrence: number) => {
      const { high, low } = shortKeyOf(hash, occurrence);
      this.#places.set(high, low, place++);
    };
    for (const { id, segment } of allSegments(this.#db)) {
      this.#segmentIds.push(id);
      this.#firstPlaces.push(place);
      for (let position = 0; position < segment.count; position++) {
        segment.readKey(position, this.#key);
        add(this.#key, this.#key[OCCURRENCE]);
      }
    }
    this.#firstFailure = place;
    for (const { id, hash, occurrence } of allFailures(this.#db)) {
      this.#failureIds.push(id);
      add(wordsOf(hash), occurrence);
    }
    return place;
  }

  #placeOf({ hash, occurrence }: Wanted): number {
    const { high, low } = shortKeyOf(hash, occurrence);
    return this.#places.get(high, low);
  }

  #readSuccess(place: number, { hash, occurrence, index }: Wanted): Final | undefined {
    const at = this.#segmentOf(place);
    const position = place - this.#firstPlaces[at];
    const segment = this.#segments.read(this.#segmentIds[at]);
    segment.readKey(position, this.#key);
    if (!isSameHash(this.#key, hash) || this.#key[OCCURRENCE] !== occurrence) return undefined;
    const { attempts, ms, result, counts, added } = segment.read(position);
    return { index, attempts, ms, value: result, error: undefined, counts, added };
  }

  #readFailure(place: number, { hash, occurrence, index }: Wanted): Final | undefined {
    const row = this.#failureAt(place);
    if (!isSameHash(wordsOf(row.hash), hash) || row.occurrence !== occurrence) return undefined;
    const { attempts, ms, error, counts, added } = row;
    return { index, attempts, ms, value: undefined, error, counts, added };
  }

  #failureAt(place: number): Failure {
    return readFailure(this.#selectFailure.get(this.#failureIds[place - this.#firstFailure]));
  }

  #segmentOf(place: number): number {
    return lastFrom(place, this.#firstPlaces.length, (at) => this.#firstPlaces[at]);
  }
}
