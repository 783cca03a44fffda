/**
 * The chunks of a journal, read one by one. A few stay in memory, for inputs that come in another order than
 * they ran.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { z } from "npm:zod@4.6.7";
import { Chunk, malformed } from "./chunk.ts";

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
  // Not `iterate` over all: it would not tell of an error, only of an end.
  for (const { id } of db.prepare("SELECT id FROM chunks ORDER BY id").all()) {
    yield { id: id as number, chunk: new Chunk(select.get(id)) };
  }
}

/**
 * How many outcomes a journal has; goes through all of it.
 *
 * @throws if any of it is damaged
 */
export function countOutcomes(db: DatabaseSync): number {
  const failures = z.object({ count: z.number(), bad: z.literal(0) }).safeParse(
    db.prepare(`
      SELECT count(*) AS count,
        ifnull(sum(length(hash) != 32 OR NOT json_valid(ifnull(error, 'null'))), 0) AS bad FROM failures`)
      .get(),
  );
  if (!failures.success) throw malformed("failures");
  let { count } = failures.data;
  for (const { chunk } of allChunks(db)) {
    chunk.decode();
    count += chunk.count;
  }
  return count;
}

function selectChunk(db: DatabaseSync): StatementSync {
  return db.prepare("SELECT at, count, sum, entries, results FROM chunks WHERE id = ?");
}
