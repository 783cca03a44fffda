/** Reads and writes the rows of `segments`. */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Segment, type SegmentRow } from "./segment.ts";

/**
 * Maximum memory of the segments that a {@link SegmentCache} keeps, in bytes. A guess: with less, an input that is in
 * another order than the journal has segments read and decoded again for each entry.
 */
const MAX_CACHED = 32 * 1024 * 1024;

/** Reads segments by id, and caches the segments that were read last. */
export class SegmentCache {
  readonly #select: StatementSync;
  /** The oldest first. */
  readonly #cache = new Map<number, Segment>();
  #cached = 0;

  constructor(db: DatabaseSync) {
    this.#select = selectSegment(db);
  }

  /** @throws {Error} "malformed …" if the row is damaged */
  read(id: number): Segment {
    const cached = this.#cache.get(id);
    if (cached) return cached;
    const segment = new Segment(this.#select.get(id));
    for (const [oldest, { size }] of this.#cache) {
      if (this.#cached + segment.size <= MAX_CACHED) break;
      this.#cache.delete(oldest);
      this.#cached -= size;
    }
    this.#cache.set(id, segment);
    this.#cached += segment.size;
    return segment;
  }
}

export function* allSegments(db: DatabaseSync): Generator<{ id: number; segment: Segment }> {
  const select = selectSegment(db);
  for (const id of segmentIds(db)) yield { id, segment: new Segment(select.get(id)) };
}

/** The ids of all segments, in the order of writing. */
export function segmentIds(db: DatabaseSync): number[] {
  // Not `iterate` over the whole table: on a damaged one it ends early, without an error.
  return db.prepare("SELECT id FROM segments ORDER BY id").all().map(({ id }) => id as number);
}

export function selectSegment(db: DatabaseSync): StatementSync {
  return db.prepare("SELECT at, count, sum, entries, results, counts, added FROM segments WHERE id = ?");
}

export function segmentInsert(db: DatabaseSync): (row: SegmentRow, id?: number) => void {
  const insert = db.prepare(
    "INSERT OR REPLACE INTO segments (id, at, count, sum, entries, results, counts, added) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
  );
  return ({ at, count, sum, entries, results, counts, added }, id) =>
    void insert.run(id ?? null, at, count, sum, entries, results, counts, added);
}

/** Writes a segment in place of the one with this id, or removes it. */
export function replaceSegment(db: DatabaseSync, id: number, row: SegmentRow | undefined): void {
  if (row) segmentInsert(db)(row, id);
  else db.prepare("DELETE FROM segments WHERE id = ?").run(id);
}
