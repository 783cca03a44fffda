/** Finds damaged and missing rows of a journal, and removes the damaged ones on request. */

import type { DatabaseSync } from "node:sqlite";
import { plural } from "../progress/format.ts";
import { UserError } from "../user_error.ts";
import { failureIds, failureSelect, readFailure } from "./rows/failure_rows.ts";
import { unreadable } from "./file/journal_file.ts";
import { Segment } from "./rows/segment.ts";
import { segmentIds, selectSegment } from "./rows/segment_rows.ts";
import type { CheckedTable } from "./schema.ts";
import { readRunRow, type RunRow, writeRunRow } from "./rows/run_row.ts";
import { correctRows, readSession, type Session, sessionIds } from "./rows/sessions.ts";

interface DamagedRow {
  table: CheckedTable;
  id: number;
}

type Inspection = ReturnType<typeof inspect>;

export interface WholeJournal {
  outcomes: number;
  run: RunRow;
  sessions: Session[];
}

/**
 * Reads a journal in which a run has begun, and checks every row.
 *
 * @throws {UserError} if a row is damaged or missing; the message names it and says how to go on
 */
export function readWhole(db: DatabaseSync, path: string): WholeJournal {
  const { outcomes, damaged, missing, run, sessions } = inspect(db, path);
  if (run && damaged.length === 0 && missing === 0) return { outcomes, run, sessions };
  throw new UserError(
    `${path} is damaged (${
      describe({ damaged, missing })
    }). polyloop resume ${path} --repair keeps all other outcomes and runs the inputs of the ` +
      "lost ones again. Or use a backup, or start the run again with another --journal",
  );
}

/**
 * Removes damaged rows, so that the journal can be used without them. Their inputs run again.
 *
 * @param say prints a line that names the removed rows
 * @throws {UserError} if no row is left that says what to run
 */
export function repair(db: DatabaseSync, path: string, say: (line: string) => void): void {
  const { damaged, missing, run, sessions } = inspect(db, path);
  if (damaged.length === 0 && missing === 0) return;
  const known = run ?? sessions.at(-1)?.run;
  if (!known) {
    throw new UserError(
      `${path} is damaged (run, sessions): it no longer says what to run. Start the run again with another --journal`,
    );
  }
  try {
    db.exec("BEGIN");
    for (const { table, id } of damaged) db.prepare(`DELETE FROM ${table} WHERE id = ?`).run(id);
    correctRows(db);
    if (!run) writeRunRow(db, { ...known, finished: null });
    db.exec("COMMIT");
  } catch (error) {
    throw unreadable(path, error);
  }
  say(`polyloop: ${path}: removed damaged rows: ${describe({ damaged, missing })}`);
}

/** Reads a whole journal. Sessions that are damaged are left out. */
function inspect(db: DatabaseSync, path: string) {
  const damaged: DamagedRow[] = [];
  const attempt = <T>(table: CheckedTable, id: number, read: () => T): T | undefined => {
    try {
      return read();
    } catch {
      damaged.push({ table, id });
      return undefined;
    }
  };
  try {
    checkStructure(db);
    const [select, failed] = [selectSegment(db), failureSelect(db)];
    const run = attempt("run", 1, () => readRunRow(db));
    const rows = { segments: segmentIds(db), failures: failureIds(db) };
    let outcomes = 0;
    for (const id of rows.segments) {
      outcomes += attempt("segments", id, () => {
        const segment = new Segment(select.get(id));
        segment.decode();
        return segment.count;
      }) ?? 0;
    }
    for (const id of rows.failures) {
      outcomes += attempt("failures", id, () => readFailure(failed.get(id))) ? 1 : 0;
    }
    const sessions: Session[] = [];
    let isLastKnown = true;
    for (const id of sessionIds(db)) {
      const session = attempt("sessions", id, () => readSession(db, id));
      isLastKnown = session !== undefined;
      if (session) sessions.push(session);
    }
    const expected = isLastKnown ? sessions.at(-1)?.rows : undefined;
    const missing = expected
      ? Math.abs(expected.segments - rows.segments.length) +
        Math.abs(expected.failures - rows.failures.length)
      : 0;
    return { outcomes, damaged, missing, run, sessions };
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * Checks the file's inner structure. SQLite would write into a file whose pages are mixed up, and destroy undamaged rows.
 *
 * @throws {Error} "malformed …" if the structure is damaged
 */
function checkStructure(db: DatabaseSync): void {
  const [{ quick_check: found }] = db.prepare("PRAGMA quick_check(1)").all();
  if (found !== "ok") throw new Error(`malformed: ${found}`);
}

function describe({ damaged, missing }: Pick<Inspection, "damaged" | "missing">): string {
  const parts = damaged.slice(0, 5).map(({ table, id }) => `row ${id} of ${table}`);
  if (damaged.length > 5) parts.push(`${plural(damaged.length - 5, "other row")}`);
  if (missing > 0) parts.push(`${plural(missing, "row")} missing`);
  return parts.join(", ");
}
