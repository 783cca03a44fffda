/**
 * The failed inputs of a journal: a row each, with a checksum.
 *
 * @module
 */

import type { ErrorRecord } from "../../output/record.ts";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { z } from "npm:zod@4.6.7";
import { malformed, rowSum } from "./checksum.ts";

/** A failed input, as it is written. */
export interface FailureRow {
  /** When it was written, in milliseconds since 1970. */
  at: number;
  hash: Uint8Array;
  occurrence: number;
  line: number;
  attempts: number;
  ms: number;
  /** The error as JSON, if it is known. */
  error: string | null;
  /** The beginning of the input. */
  input: string | null;
}

/** A failed input, as it is read. */
export interface Failure extends Omit<FailureRow, "error"> {
  id: number;
  error: ErrorRecord | undefined;
}

const COLUMNS = "at, hash, occurrence, line, attempts, ms, error, input";

const schema = z.object({
  id: z.number(),
  at: z.number(),
  hash: z.instanceof(Uint8Array).refine(({ length }) => length === 32),
  occurrence: z.number(),
  line: z.number(),
  attempts: z.number(),
  ms: z.number(),
  error: z.string().nullable(),
  input: z.string().nullable(),
  sum: z.number(),
});

const errorRecord = z.object({
  name: z.string(),
  message: z.string(),
  stack: z.string(),
  exitCode: z.number().optional(),
  signal: z.string().optional(),
});

/** What writes a row. */
export function failureInsert(db: DatabaseSync): (row: FailureRow) => void {
  const insert = db.prepare(`INSERT INTO failures (${COLUMNS}, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  return (row) => {
    const { at, hash, occurrence, line, attempts, ms, error, input } = row;
    insert.run(at, hash, occurrence, line, attempts, ms, error, input, sumOf(row));
  };
}

/** What reads rows by id. */
export function failureSelect(db: DatabaseSync): StatementSync {
  return db.prepare(`SELECT id, ${COLUMNS}, sum FROM failures WHERE id = ?`);
}

/** The ids of all rows, in the order in which they were written. */
export function failureIds(db: DatabaseSync): number[] {
  return db.prepare("SELECT id FROM failures ORDER BY id").all().map(({ id }) => id as number);
}

/** All failed inputs, in the order in which they were written. */
export function* allFailures(db: DatabaseSync): Generator<Failure> {
  const select = failureSelect(db);
  for (const id of failureIds(db)) yield readFailure(select.get(id));
}

/** @throws if the row is not as it was written */
export function readFailure(row: unknown): Failure {
  const parsed = schema.safeParse(row);
  if (!parsed.success) throw malformed("columns");
  const { sum, error, ...others } = parsed.data;
  if (sumOf({ ...others, error }) !== sum) throw malformed("checksum");
  return { ...others, error: error === null ? undefined : errorRecord.parse(JSON.parse(error)) };
}

function sumOf({ at, hash, occurrence, line, attempts, ms, error, input }: FailureRow): number {
  return rowSum([at, hash, occurrence, line, attempts, ms, error, input]);
}
