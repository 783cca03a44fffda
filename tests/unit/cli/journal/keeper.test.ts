/** The journal's part in a run, on a database in memory. */
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LineSource } from "../../../../lib/cli/input/line_source.ts";
import type { Journal } from "../../../../lib/cli/journal/file/journal_file.ts";
import { Keeper } from "../../../../lib/cli/journal/keeper.ts";
import { readWhole, repair } from "../../../../lib/cli/journal/damage.ts";
import { beginRun, hasRun, readRunRow } from "../../../../lib/cli/journal/rows/run_row.ts";
import { TABLES } from "../../../../lib/cli/journal/schema.ts";
import { sumsIn } from "../../../../lib/cli/journal/status/stored_outcomes.ts";
import { readStatus } from "../../../../lib/cli/journal/status/run_status.ts";
import type { Final } from "../../../../lib/cli/output/outcome_writer.ts";
import { Lines } from "../../../../lib/wire/lines.ts";

const RUN = { options: "{}", module: "file:///t.ts", fingerprint: "f", started: Date.now() };
let db: DatabaseSync;
beforeEach(() => {
  db = new DatabaseSync(":memory:");
  db.exec(TABLES);
});
afterEach(() => db.close());

interface Session {
  ran: string[];
  delivered: Final[];
  unclaimed: { kept: number; forgotten: number };
}

/** Runs texts; those that begin with "bad" fail. */
function session(texts: string[], { retryFailed = false, forget = false, asLines = false } = {}): Session {
  // The database outlives the session.
  const journal = {
    path: "j",
    file: "j",
    db: new Proxy(db, {
      get: (target, name) => {
        if (name === "close") return () => {};
        const value = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    }),
    lock: { close() {} },
    isInPlace: () => true,
  } as unknown as Journal;
  const source = {
    exhausted: true,
    failure: undefined,
    places: {
      numberOf: (index: number) => index + 1,
      numbersFrom: (index: number) => (n: number) => index + n + 1,
      originOf: (index: number) => ({ number: index + 1, line: texts[index], place: "" }),
    },
  } as unknown as LineSource;
  let count = 0;
  const result: Session = { ran: [], delivered: [], unclaimed: { kept: 0, forgotten: 0 } };
  const keeper = new Keeper({
    journal,
    session: beginRun(journal, RUN),
    source,
    retryFailed,
    sendsOccurrences: false,
    deliver: (final) => result.delivered.push(final),
    progress: () => ({
      read: texts.length,
      total: texts.length,
      totalIsExact: true,
      inFlight: 0,
      spent: { tokens: 3 * count, usd: 0.1 },
      done: { ok: 0, failed: 0 },
    }),
    onFailure: (error) => {
      throw error;
    },
  });
  const bytes = new TextEncoder().encode(texts.map((text) => `${text}\n`).join(""));
  const given = new Lines(bytes, texts.length);
  keeper.prepare(given);
  for (const lines of keeper.toRun(given, 0)) {
    if (keeper.countsAll && asLines) {
      result.ran.push(...lines.toArray() as string[]);
      const results = result.ran.map((text) => `result of ${text}\n`).join("");
      keeper.keepResults(0, new Lines(new TextEncoder().encode(results), result.ran.length), (n) => n);
      break;
    }
    for (const text of lines.toArray() as string[]) {
      result.ran.push(text);
      const isBad = text.startsWith("bad");
      const error = { name: "Error", message: text, stack: "" };
      keeper.keep({
        index: keeper.indexOf(count++),
        attempts: 1,
        ms: 2,
        value: isBad ? undefined : `result of ${text}`,
        error: isBad ? error : undefined,
        counts: text.length === 1 ? undefined : { tokens: text.length, ["__proto__"]: 0.1 },
      });
    }
  }
  result.unclaimed = keeper.finish({ complete: true, forget });
  return result;
}

test("a second session delivers what the first one kept, and runs only what is new", () => {
  expect(session(["a", "bad", "a"])).toMatchObject({ ran: ["a", "bad", "a"], delivered: [] });
  const second = session(["a", "new", "bad", "a", "a"]);
  expect(second.ran).toEqual(["new", "a"]);
  expect(second.delivered.map(({ index, value, error }) => [index, value ?? error?.message])).toEqual([
    [0, "result of a"],
    [2, "bad"],
    [3, "result of a"],
  ]);
  expect(readRunRow(db).finished).toBeGreaterThan(0);
});

test("sums are kept with each outcome, and what all attempts have spent with each session", () => {
  session(["a", "bad", "long", "b"]);
  const { delivered } = session(["a", "bad", "long", "b", "longer"]);
  const own = (tokens: number) => [["tokens", tokens], ["__proto__", 0.1]];
  expect(delivered.map(({ counts }) => counts && Object.entries(counts)))
    .toEqual([undefined, own(3), own(4), undefined]);
  session(["a", "bad", "long"], { retryFailed: true });
  const { run, sessions } = readWhole(db, "j");
  const { counts, spent } = readStatus({ db, run, sessions, running: false, now: Date.now() });
  expect(Object.entries(counts)).toEqual([["__proto__", 0.2], ["tokens", 7]]);
  expect(spent).toEqual({ tokens: 18, usd: 0.3 });
  // Outcomes whose input is missing count no more, and go with their sums. The others keep theirs.
  session(["bad", "longer"]);
  const kept = readWhole(db, "j");
  expect(readStatus({ db, run, sessions: kept.sessions, running: false, now: 0 })).toMatchObject({
    kept: 3,
    counts: { tokens: 9 },
  });
  session(["bad", "longer"], { forget: true });
  const left = readWhole(db, "j");
  expect(sumsIn(db).counts).toMatchObject({ tokens: 9 });
  expect(left.outcomes).toBe(2);
  db.exec("UPDATE segments SET counts = replace(counts, '6', '7')");
  expect(() => readWhole(db, "j")).toThrow(/of segments/);
});

test("results that are kept as lines, more than a segment has, are delivered as they were", () => {
  const texts = Array.from({ length: 2_500 }, (_, n) => n % 3 === 0 ? "é" : `${n}`);
  expect(session(texts, { asLines: true }).ran).toEqual(texts);
  const { ran, delivered } = session(["new", ...texts]);
  expect(ran).toEqual(["new"]);
  expect(delivered.map(({ value }) => value)).toEqual(texts.map((text) => `result of ${text}`));
  const { count } = db.prepare("SELECT count(*) AS count FROM segments").get()!;
  expect(count).toBe(4);
});

test("failures run again if asked for, and their new outcomes take the place of the old ones", () => {
  session(["a", "bad"]);
  expect(session(["a", "bad"], { retryFailed: true }).ran).toEqual(["bad"]);
  expect(db.prepare("SELECT count(*) AS count FROM failures").get()).toEqual({ count: 1 });
});

test("outcomes whose input is missing are counted, and removed only if asked for", () => {
  session(["a", "b", "bad"]);
  expect(session(["a"]).unclaimed).toEqual({ kept: 2, forgotten: 0 });
  expect(session(["a"], { forget: true }).unclaimed).toEqual({ kept: 0, forgotten: 2 });
  expect(session(["a", "b"]).ran).toEqual(["b"]);
});

test("readWhole() counts outcomes and sessions, and names damaged and missing rows", () => {
  session(["a", "bad"]);
  session(["a", "bad", "b"]);
  expect(hasRun(db, "j")).toBe(true);
  const { outcomes, run, sessions } = readWhole(db, "j");
  expect([outcomes, sessions.length]).toEqual([3, 2]);
  const status = readStatus({ db, run, sessions, running: false, now: Date.now() });
  expect(status).toMatchObject({
    state: "finished",
    done: 3,
    ok: 2,
    failed: 1,
    total: 3,
    errors: [{ message: "bad" }],
  });
  db.exec("UPDATE failures SET ms = ms + 1");
  expect(() => readWhole(db, "j")).toThrow(/row 1 of failures/);
  db.exec("DELETE FROM segments WHERE id = 1");
  expect(() => readWhole(db, "j")).toThrow(/row 1 of failures, 1 row missing/);
  const said: string[] = [];
  repair(db, "j", (line) => said.push(line));
  expect(said[0]).toContain("removed damaged rows: row 1 of failures, 1 row missing");
  expect(readWhole(db, "j").outcomes).toBe(1);
});

test("the row of the run is repaired by that of a session", () => {
  session(["a"]);
  db.exec("UPDATE run SET options = 'changed'");
  expect(() => readWhole(db, "j")).toThrow(/row 1 of run/);
  repair(db, "j", () => {});
  expect(readWhole(db, "j").run).toMatchObject({ options: "{}", finished: null });
});

test("each outcome of many that are written in one transaction is kept", () => {
  const texts = Array.from({ length: 9_500 }, (_, n) => String(n % 9_000));
  expect(session(texts, { asLines: true }).ran).toHaveLength(9_500);
  const { ran, delivered, unclaimed } = session(texts);
  expect([ran, unclaimed]).toEqual([[], { kept: 0, forgotten: 0 }]);
  expect(delivered.map(({ value }) => value)).toEqual(texts.map((text) => `result of ${text}`));
});
