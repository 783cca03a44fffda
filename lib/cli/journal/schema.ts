/**
 * The journal on disk: an SQLite file with the options of a run and the outcome of every input. This file has all of its
 * form: tables, columns, versions, and the files beside it.
 *
 * ```
 *     line of the input                               outcome of its task
 *            │                                                │
 * ┌──────────▼─────────────────── Keeper ─────────────────────▼───────────┐
 * │ InputKey = SHA-256 of the line, and which occurrence of it this is    │
 * └──┬─────────────────────────────▲────────────────────────┬─────────────┘
 *    │ no outcome yet              │ known outcomes         │ new outcomes
 *    ▼                             │                        ▼
 * executor                  EarlierOutcomes          JournalWriter: one transaction
 *                                  │                 for up to 4,000 of them
 *  ┌───────────── FILE (SQLite) ───┴────────────────────────┴─────────────┐
 *  │ run       1 row       options, module, fingerprint, start, end       │
 *  │ sessions  1 a run or resume   process, progress once a second        │
 *  │ segments  up to 1,000 successes a row     entries, results           │
 *  │ failures  1 a failed input    error, beginning of the input          │
 *  │ home      1 row       the path by which the file is opened           │
 *  └──────────────────────────────────────────────────────────────────────┘
 * ```
 *
 * Every row of the first four tables has a checksum, because SQLite does not notice bytes that changed within a row.
 * `damage.ts` checks all of them before anything else is read. Outcomes have no order but that of writing. Output files are
 * made of the journal again by each `resume`.
 */

import { z } from "npm:zod@4.6.7";
import { areSums } from "../../executor/basics/sums.ts";

/** Version of tables and columns. A journal with another one is refused. */
export const VERSION = 6;

/** SQLite's `application_id` in the file's header: "poly". It tells a journal from other databases. */
export const APPLICATION_ID = 0x706f6c79;

/** Maximum number of entries in a segment. */
export const MAX_ENTRIES = 1_000;

/**
 * The tables. Ids are the order of writing. The keys of inputs have no index, because a session that resumes reads all of
 * them once anyway.
 */
export const TABLES = `
CREATE TABLE run (
  id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, options TEXT NOT NULL, module TEXT NOT NULL,
  fingerprint TEXT NOT NULL, started INTEGER NOT NULL, finished INTEGER, sum INTEGER NOT NULL
);
CREATE TABLE segments (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, count INTEGER NOT NULL, sum INTEGER NOT NULL,
  entries BLOB NOT NULL, results BLOB NOT NULL, counts TEXT, added TEXT
);
CREATE TABLE failures (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, hash BLOB NOT NULL, occurrence INTEGER NOT NULL,
  line INTEGER NOT NULL, attempts INTEGER NOT NULL, ms REAL NOT NULL, error TEXT, input TEXT, counts TEXT,
  added TEXT, sum INTEGER NOT NULL
);
CREATE TABLE sessions (
  id INTEGER PRIMARY KEY, begun TEXT NOT NULL, progress TEXT NOT NULL, sum INTEGER NOT NULL
);
CREATE TABLE home (id INTEGER PRIMARY KEY CHECK (id = 1), path TEXT NOT NULL);`;

/** The tables whose rows have a checksum. */
export type CheckedTable = "run" | "segments" | "failures" | "sessions";

/**
 * Where the fields of an entry are, in bytes. A segment has its entries one after another, in `entries`; numbers have the
 * least significant byte first. `results` has the results in UTF-8, each with a newline behind it, which `resultLength` does not count.
 * With `--envelope=full`, each result begins with JSON of when and where it ran, and a tab.
 */
export const ENTRY = {
  /** SHA-256 of the line, 32 bytes. */
  hash: 0,
  /** Unsigned integer of 32 bits, from 1. */
  occurrence: 32,
  /** Unsigned integer of 32 bits. */
  attempts: 36,
  /** In bytes: unsigned integer of 32 bits. */
  resultLength: 40,
  /** Number of the line, a double. */
  line: 44,
  /** Running time in milliseconds, a double. */
  ms: 52,
  size: 60,
} as const;

/** Milliseconds since 1970. */
const time = z.number();
const count = z.int().min(0);
const outcomes = z.object({ ok: count, failed: count });
/** Not `z.record`, which drops a sum that is named `__proto__`. */
const sums = z.custom<Record<string, number>>(areSums);

/** The row of `run`, without version and checksum. */
export const runColumns = z.object({
  /** The flags of the command line as JSON, with absolute paths. */
  options: z.string(),
  module: z.string(),
  fingerprint: z.string(),
  started: time,
  /** When the last input got its outcome; null before that. */
  finished: time.nullable(),
});

/** A row of `segments`: up to {@link MAX_ENTRIES} inputs that succeeded. */
export const segmentColumns = z.object({
  /** When the row was written. */
  at: time,
  count: z.int().min(1),
  sum: z.number(),
  entries: z.instanceof(Uint8Array),
  results: z.instanceof(Uint8Array),
  /** JSON of {@link segmentCounts}; null if no entry has counted anything. */
  counts: z.string().nullable(),
  /** JSON of {@link segmentAdded}; null if no task has handed in an input. */
  added: z.string().nullable(),
});

/** JSON in `segments.counts`: the positions of entries that counted, each with its sums by name. */
export const segmentCounts = z.array(z.tuple([count, sums]));

/** JSON in `segments.added`: the positions of entries whose tasks have handed in inputs, each with these, as text. */
export const segmentAdded = z.array(z.tuple([count, z.array(z.string())]));

/** A row of `failures`: an input that failed. */
export const failureColumns = z.object({
  id: z.number(),
  at: time,
  hash: z.instanceof(Uint8Array).refine(({ length }) => length === 32),
  occurrence: z.number(),
  line: z.number(),
  attempts: z.number(),
  ms: z.number(),
  /** JSON of {@link failureError}; null if the error is unknown. */
  error: z.string().nullable(),
  /** The beginning of the input. */
  input: z.string().nullable(),
  /** JSON of its sums by name; null if it has counted nothing. */
  counts: z.string().nullable(),
  /** JSON of the inputs that its task has handed in, as text; null if there are none. */
  added: z.string().nullable(),
  sum: z.number(),
});

export const failureAdded = z.array(z.string());

/** JSON in `failures.error`. */
export const failureError = z.object({
  name: z.string(),
  message: z.string(),
  stack: z.string(),
  exitCode: z.number().optional(),
  signal: z.string().optional(),
  /** When and where it ran, with `--envelope=full` (`keeper.ts`). */
  where: z.object({
    started: z.number().nullable(),
    worker: z.number().nullable(),
    position: z.number().nullable(),
  }).optional(),
});

export const failureCounts = sums;

/** JSON in `sessions.begun`: what is known when a session begins. */
export const sessionBegun = z.object({
  pid: z.int(),
  host: z.string(),
  started: time,
  /** A copy of the row of `run`, for `resume --repair`. */
  run: runColumns.omit({ finished: true }),
});

/** What a resumed run must know to keep the limits of this one (`executor/queue/limit_state.ts`). */
const limits = z.object({
  /** By `--rate`; `unit` is what it counts, such as `m` or `m:tokens`. */
  rates: z.array(
    z.object({ unit: z.string(), at: time, owed: z.number(), recent: z.array(z.tuple([time, z.number()])) }),
  ),
  opens: time,
  keys: z.array(z.tuple([z.union([z.string(), z.number()]), time])),
});

/** JSON in `sessions.progress`: how far a session is. It is written with outcomes, and once a second. */
export const sessionProgress = z.object({
  at: time,
  read: count,
  /** Inputs in all: exact once all are read, before that an estimate; null if unknown. */
  total: count.nullable(),
  totalIsExact: z.boolean(),
  inFlight: count,
  done: outcomes,
  /** What all attempts of this session have counted, by name. */
  spent: sums,
  /** Outcomes whose inputs are missing, and what they have counted, by name; null until the whole input is read. */
  kept: outcomes.extend({ counts: sums }).nullable(),
  limits: limits.optional(),
  /** When the session ended by itself; null if it did not. */
  ended: time.nullable(),
  /** Number of rows in the tables of outcomes, so that a lost row is noticed. */
  rows: z.object({ segments: count, failures: count }),
});
