/**
 * Reads and writes the rows of `sessions`. Each `run` and each `resume` is a session. Its row says which process it is or
 * was, and how far it came.
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { hostname } from "node:os";
import process from "node:process";
import type { z } from "npm:zod@4.6.7";
import { sessionBegun, sessionProgress } from "../schema.ts";
import { checksumOf, malformed } from "./checksum.ts";

type Begun = z.output<typeof sessionBegun>;

export type SessionProgress = z.output<typeof sessionProgress>;

const NOTHING_YET: Omit<SessionProgress, "at" | "rows"> = {
  read: 0,
  total: null,
  totalIsExact: false,
  inFlight: 0,
  done: { ok: 0, failed: 0 },
  spent: {},
  kept: null,
  ended: null,
};

export interface Session extends Begun, SessionProgress {
  id: number;
}

export class SessionWriter {
  readonly #id: number;
  readonly #begun: string;
  readonly #update: StatementSync;

  constructor(db: DatabaseSync, run: Begun["run"]) {
    const begun: Begun = { pid: process.pid, host: hostname(), started: Date.now(), run };
    this.#begun = JSON.stringify(begun);
    const text = JSON.stringify({ ...NOTHING_YET, at: begun.started, rows: countRows(db) });
    const { lastInsertRowid } = db.prepare("INSERT INTO sessions (begun, progress, sum) VALUES (?, ?, ?)")
      .run(this.#begun, text, checksumOf([this.#begun, text]));
    this.#id = Number(lastInsertRowid);
    this.#update = db.prepare("UPDATE sessions SET progress = ?, sum = ? WHERE id = ?");
  }

  write(progress: SessionProgress): void {
    const text = JSON.stringify(progress);
    this.#update.run(text, checksumOf([this.#begun, text]), this.#id);
  }
}

/** Writes the present numbers of rows into the newest session. */
export function correctRows(db: DatabaseSync): void {
  const row = db.prepare("SELECT id, begun, progress FROM sessions ORDER BY id DESC LIMIT 1").get();
  if (!row) return;
  const progress = JSON.stringify({ ...JSON.parse(row.progress as string), rows: countRows(db) });
  db.prepare("UPDATE sessions SET progress = ?, sum = ? WHERE id = ?")
    .run(progress, checksumOf([row.begun, progress]), row.id);
}

export function countRows(db: DatabaseSync): SessionProgress["rows"] {
  const of = (table: string) => db.prepare(`SELECT count(*) AS count FROM ${table}`).get()!.count as number;
  return { segments: of("segments"), failures: of("failures") };
}

/** The ids of all sessions, the oldest first. */
export function sessionIds(db: DatabaseSync): number[] {
  return db.prepare("SELECT id FROM sessions ORDER BY id").all().map(({ id }) => id as number);
}

/** Whether the process of a session has ended. False for a process of another machine, of which nothing is known. */
export function isGone({ host, pid }: Pick<Session, "host" | "pid">): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** @throws {Error} if the row is not as it was written */
export function readSession(db: DatabaseSync, id: number): Session {
  const { begun, progress, sum } =
    db.prepare("SELECT begun, progress, sum FROM sessions WHERE id = ?").get(id) ?? {};
  if (checksumOf([begun, progress]) !== sum) throw malformed("checksum");
  return {
    id,
    ...sessionBegun.parse(JSON.parse(begun as string)),
    ...sessionProgress.parse(JSON.parse(progress as string)),
  };
}
