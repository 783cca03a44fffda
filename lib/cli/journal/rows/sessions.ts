/**
 * The sessions of a run: each `run` and `resume` is one. A row says which process it is or was, how far it came, and how
 * many rows the journal has, so that rows that got lost are missed. It has a copy of the run's own row, too.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { hostname } from "node:os";
import process from "node:process";
import { z } from "npm:zod@4.6.7";
import { malformed, rowSum } from "./checksum.ts";

const count = z.int().min(0);
const outcomes = z.object({ ok: count, failed: count });

/** What is known of a session as it begins. */
const begunSchema = z.object({
  pid: z.int(),
  host: z.string(),
  /** Milliseconds since 1970. */
  started: z.number(),
  /** The columns of the run's row. */
  run: z.object({ options: z.string(), module: z.string(), fingerprint: z.string(), started: z.number() }),
});

/** How far a session came. */
const progressSchema = z.object({
  /** When this was written. */
  at: z.number(),
  /** Inputs read, and all of them: exact once all were read, until then a guess or unknown. */
  read: count,
  total: count.nullable(),
  totalIsExact: z.boolean(),
  inFlight: count,
  /** Outcomes of this session. */
  done: outcomes,
  /** Outcomes of inputs that are not there: known once all of the input was read. */
  kept: outcomes.nullable(),
  /** When it ended, where it ended by itself. */
  ended: z.number().nullable(),
  /** How many rows these tables have. */
  rows: z.object({ chunks: count, failures: count }),
});

/** What is known of a session as it begins. */
export type Begun = z.output<typeof begunSchema>;

/** How far a session came. */
export type SessionProgress = z.output<typeof progressSchema>;

const NOTHING_YET: Omit<SessionProgress, "at" | "rows"> = {
  read: 0,
  total: null,
  totalIsExact: false,
  inFlight: 0,
  done: { ok: 0, failed: 0 },
  kept: null,
  ended: null,
};

/** A session that was read. */
export interface Session extends Begun, SessionProgress {
  id: number;
}

/** A session of this process. */
export class SessionWriter {
  readonly #id: number;
  readonly #begun: string;
  readonly #update: StatementSync;

  /** Writes the row. */
  constructor(db: DatabaseSync, run: Begun["run"]) {
    const begun: Begun = { pid: process.pid, host: hostname(), started: Date.now(), run };
    this.#begun = JSON.stringify(begun);
    const text = JSON.stringify({ ...NOTHING_YET, at: begun.started, rows: countRows(db) });
    const { lastInsertRowid } = db.prepare("INSERT INTO sessions (begun, progress, sum) VALUES (?, ?, ?)")
      .run(this.#begun, text, rowSum([this.#begun, text]));
    this.#id = Number(lastInsertRowid);
    this.#update = db.prepare("UPDATE sessions SET progress = ?, sum = ? WHERE id = ?");
  }

  /** Writes how far it is. */
  write(progress: SessionProgress): void {
    const text = JSON.stringify(progress);
    this.#update.run(text, rowSum([this.#begun, text]), this.#id);
  }
}

/** Makes the newest session say how many rows there are now. */
export function correctRows(db: DatabaseSync): void {
  const row = db.prepare("SELECT id, begun, progress FROM sessions ORDER BY id DESC LIMIT 1").get();
  if (!row) return;
  const progress = JSON.stringify({ ...JSON.parse(row.progress as string), rows: countRows(db) });
  db.prepare("UPDATE sessions SET progress = ?, sum = ? WHERE id = ?")
    .run(progress, rowSum([row.begun, progress]), row.id);
}

/** How many rows the tables of outcomes have. */
export function countRows(db: DatabaseSync): SessionProgress["rows"] {
  const of = (table: string) => db.prepare(`SELECT count(*) AS count FROM ${table}`).get()!.count as number;
  return { chunks: of("chunks"), failures: of("failures") };
}

/** The ids of all sessions, the oldest first. */
export function sessionIds(db: DatabaseSync): number[] {
  return db.prepare("SELECT id FROM sessions ORDER BY id").all().map(({ id }) => id as number);
}

/** @throws if the row is not as it was written */
export function readSession(db: DatabaseSync, id: number): Session {
  const { begun, progress, sum } =
    db.prepare("SELECT begun, progress, sum FROM sessions WHERE id = ?").get(id) ??
      {};
  if (rowSum([begun, progress]) !== sum) throw malformed("checksum");
  return {
    id,
    ...begunSchema.parse(JSON.parse(begun as string)),
    ...progressSchema.parse(JSON.parse(progress as string)),
  };
}

/** All sessions, the oldest first. */
export function allSessions(db: DatabaseSync): Session[] {
  return sessionIds(db).map((id) => readSession(db, id));
}
