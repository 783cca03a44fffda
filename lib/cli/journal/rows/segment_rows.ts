/**
 * The chunks of a journal, read one by one. A few stay in memory, for inputs that come in another order than
 * they ran.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Chunk } from "./segment.ts";

/** So many bytes of chunks stay. */
const CACHE = 32 * 1024 * 1024;

/** Reads chunks by id. */
export class ChunkStore {
  readonly #select: StatementSync;
  /** The oldest first. */
  readonly #cache = new Map<number, Chunk>();
  #cached = 0;

  constructor(db: DatabaseSync) {
    this.#select = selectChunk(db);
  }

  /** @throws if it is damaged */
  read(id: number): Chunk {
    const cached = this.#cache.get(id);
    if (cached) return cached;
    const chunk = new Chunk(this.#select.get(id));
    for (const [oldest, { size }] of this.#cache) {
      if (this.#cached + chunk.size <= CACHE) break;
      this.#cache.delete(oldest);
      this.#cached -= size;
    }
    this.#cache.set(id, chunk);
    this.#cached += chunk.size;
    return chunk;
  }
}

/** All chunks, in the order they were written. */
export function* allChunks(db: DatabaseSync): Generator<{ id: number; chunk: Chunk }> {
  const select = selectChunk(db);
  for (const id of chunkIds(db)) yield { id, chunk: new Chunk(select.get(id)) };
}

/** The ids of all chunks, in the order in which they were written. */
export function chunkIds(db: DatabaseSync): number[] {
  // Not `iterate` over all of a table: it would not tell of an error, only of an end.
  return db.prepare("SELECT id FROM chunks ORDER BY id").all().map(({ id }) => id as number);
}

/** What reads a chunk by id. */
export function selectChunk(db: DatabaseSync): StatementSync {
  return db.prepare("SELECT at, count, sum, entries, results FROM chunks WHERE id = ?");
}
