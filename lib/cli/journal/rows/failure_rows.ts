/** Reads and writes the rows of `failures`: the inputs that failed. */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { z } from "npm:zod@4.6.7";
import type { ErrorRecord } from "../../output/record.ts";
import { failureAdded, failureColumns, failureCounts, failureError } from "../schema.ts";
import { checksumOf, malformed } from "./checksum.ts";

type Columns = Omit<z.output<typeof failureColumns>, "id" | "sum">;

export interface FailureRow extends Omit<Columns, "counts" | "added"> {
  /** Its sums by name; undefined if it has counted nothing. */
  counts: Record<string, number> | undefined;
  /** The inputs that the task has handed in, as text; undefined if there are none. */
  added: string[] | undefined;
}

export interface Failure extends Omit<FailureRow, "error"> {
  id: number;
  error: ErrorRecord | undefined;
}

const COLUMNS = [
  ...(["at", "hash", "occurrence", "line", "attempts"] as const),
  ...(["ms", "error", "input", "counts", "added"] as const),
];

export function failureInsert(db: DatabaseSync): (row: FailureRow) => void {
  const insert = db.prepare(`INSERT INTO failures (${COLUMNS}, sum) VALUES (${COLUMNS.map(() => "?")}, ?)`);
  return (row) => {
    const counts = row.counts ? JSON.stringify(row.counts) : null;
    const added = row.added ? JSON.stringify(row.added) : null;
    const values = valuesOf({ ...row, counts, added });
    insert.run(...values, checksumOf(values));
  };
}

export function failureSelect(db: DatabaseSync): StatementSync {
  return db.prepare(`SELECT id, ${COLUMNS}, sum FROM failures WHERE id = ?`);
}

export function failureIds(db: DatabaseSync): number[] {
  return db.prepare("SELECT id FROM failures ORDER BY id").all().map(({ id }) => id as number);
}

export function* allFailures(db: DatabaseSync): Generator<Failure> {
  const select = failureSelect(db);
  for (const id of failureIds(db)) yield readFailure(select.get(id));
}

/** @throws {Error} "malformed …" if the row is not as it was written */
export function readFailure(row: unknown): Failure {
  const parsed = failureColumns.safeParse(row);
  if (!parsed.success) throw malformed("columns");
  const { sum, error, counts, added, ...others } = parsed.data;
  if (checksumOf(valuesOf(parsed.data)) !== sum) throw malformed("checksum");
  return {
    ...others,
    error: error === null ? undefined : failureError.parse(JSON.parse(error)),
    counts: counts === null ? undefined : failureCounts.parse(JSON.parse(counts)),
    added: added === null ? undefined : failureAdded.parse(JSON.parse(added)),
  };
}

function valuesOf(columns: Columns) {
  return COLUMNS.map((name) => columns[name]);
}
