/**
 * The schemas of all records in Redis, which both sides check. Jobs contain names and data, and no code. No data from
 * Redis is used before it has passed a schema.
 */

import { z } from "npm:zod@4.6.7";
import { areSums } from "../../executor/basics/sums.ts";
import type { ErrorData } from "../../wire/error_data.ts";
import { isName } from "./names.ts";

/**
 * The field of a job with the ids of the workers that began it, separated by spaces. BullMQ's own field has one id only, and the
 * worker that notices that the job was lost too often overwrites it.
 */
export const RUN_BY = "polyloop:by";

/** What stands in a run's list of news if the other runs have changed. No job chunk has this name. */
export const NEWS_OF_RUNS = "runs";

/** Maximum number of inputs of a job chunk, unless a single batch has more. */
export const MOST_INPUTS = 256;
/** Maximum number of inputs of a batch. A guess: a larger one would make a job of several megabytes. */
export const MOST_BATCH = 10_000;
/** Maximum length of the inputs of a job chunk, in bytes. A single longer input has its own job chunk. */
export const CHUNK_BYTES = 256 * 1024;
/** Maximum length of one input or result, in bytes. */
export const MOST_BYTES = 16 * 1024 * 1024;

/** Maximum number of messages with what the bodies of a job chunk have printed that wait in Redis. A guess: 64 MB at most. */
export const MOST_PRINTED = 1_000;

/** Maximum length of the inputs in a job, in characters: the longest input as base64, with its line end. */
const MOST_TEXT = Math.ceil(MOST_BYTES * 1.4);

/** Maximum length of a name or a short text, in characters. */
const WORDS = 4_096;
/** Maximum length of a message or a stack, in characters. */
const STORY = 65_536;

const name = z.string().refine(isName);
const hex = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();
const milliseconds = z.number().nonnegative();
const labels = z.array(name).max(100);

const retrySchema = z.strictObject({
  attempts: count.min(1).optional(),
  minDelay: milliseconds.optional(),
  maxDelay: milliseconds.optional(),
  factor: z.number().min(1).optional(),
  jitter: z.number().min(0).max(1).optional(),
  losses: count.optional(),
});

/** The trace context of the call that handed in the inputs, as HTTP headers by name. */
export const traceSchema = z.record(z.string().max(256), z.string().max(8_192))
  .refine((trace) => Object.keys(trace).length <= 32);

/** Attributes of an input's span, in addition to those that a worker knows. */
const spanSchema = z.record(z.string().max(256), z.union([z.string().max(WORDS), z.number()]))
  .refine((span) => Object.keys(span).length <= 32);

/** The versions of job chunks that a worker knows. */
export const PROTOCOLS = [1, 2, 3] as const;

export const chunkSchema = z.strictObject({
  /**
   * 3 if `stream`, `attempt`, `options.queueTimeout`, `batch`, `adds`, `timed` or `prints` is set, or else 2 if `limited` is: older
   * workers do not know them.
   */
  v: z.literal(PROTOCOLS),
  run: name,
  token: z.string().max(32),
  task: z.string().min(1).max(WORDS),
  fingerprint: hex,
  input: z.enum(["json", "text", "record"]),
  output: z.enum(["json", "text", "object"]),
  options: z.strictObject({
    timeout: milliseconds.optional(),
    queueTimeout: milliseconds.optional(),
    gracePeriod: milliseconds.optional(),
    retry: retrySchema.optional(),
  }),
  count: count.min(1).max(MOST_BATCH),
  /** The inputs, each followed by a newline; as base64 if they are not UTF-8. */
  lines: z.string().max(MOST_TEXT),
  base64: z.boolean(),
  /** The key of each input, or the common prefix of keys that end with the inputs' numbers. */
  keys: z.union([z.array(z.string().max(256).regex(/^[^\t\n]*$/)).max(MOST_BATCH), z.string().max(256)]),
  first: count,
  /** Whether `first` is an index of a map, which the task sees. */
  indexed: z.boolean().optional(),
  /** Whether each value that a generator yields is an output of its own (`wire/many.ts`). */
  each: z.boolean().optional(),
  /** Whether the caller wants to know of failed attempts that others follow. */
  tellsRetries: z.boolean().optional(),
  /** Whether the caller listens to the progress of its single input. */
  reports: z.boolean().optional(),
  /** Set if the values of its single input are read as they come: how many the reader has room for. */
  stream: count.optional(),
  /** Number of the first attempt here. Default: 1. Higher if the producer tries its inputs again. */
  attempt: count.min(2).optional(),
  /** Whether the producer decides when each attempt starts. */
  limited: z.boolean().optional(),
  /** Maximum number of inputs that one call takes. Without it, each call takes one input. */
  batch: count.min(1).max(MOST_BATCH).optional(),
  /** Whether bodies may hand in further inputs, or a text that says why not. */
  adds: z.union([z.boolean(), z.string().max(WORDS)]).optional(),
  /** Whether the caller wants to know when and where the bodies began. */
  timed: z.boolean().optional(),
  /** Whether the caller gets what bodies print. */
  prints: z.boolean().optional(),
  trace: traceSchema.optional(),
  /** One entry for each input, if there is a trace. */
  spans: z.array(spanSchema).max(MOST_BATCH).optional(),
});

export type ChunkData = z.output<typeof chunkSchema>;

/** The task options that a producer may ask of a worker's executor. */
export type ChunkOptions = ChunkData["options"];

const errorSchema: z.ZodType<ErrorData> = z.lazy(() =>
  z.union([
    z.strictObject({ kind: z.literal("value"), value: z.unknown().optional(), nested: nestedSchema }),
    z.strictObject({ kind: z.literal("again"), number: count }),
    z.strictObject({
      kind: z.literal("error"),
      class: z.string().max(WORDS),
      name: z.string().max(STORY),
      message: z.string().max(STORY),
      stack: z.string().max(STORY).optional(),
      number: count.optional(),
      cause: errorSchema.optional(),
      errors: z.array(errorSchema).max(100).optional(),
      properties: z.record(z.string(), z.unknown()).optional(),
      nested: nestedSchema,
    }),
  ])
) as z.ZodType<ErrorData>;

/** Errors among properties, each with its path. */
const nestedSchema = z.lazy(() =>
  z.array(z.tuple([z.array(z.union([z.string(), z.number()])).min(1), errorSchema])).max(100).optional()
);

const micros = z.union([count, z.array(count).max(MOST_BATCH)]);

/** Sums by name. Not `z.record`, which drops a sum that is named `__proto__`. */
const sums = z.custom<Record<string, number>>(areSums);

/** Results of a job chunk, or of a part of its inputs. */
export const resultsSchema = z.strictObject({
  v: z.literal(1),
  /** The worker's id. */
  server: z.string().max(256),
  /** Inputs that succeeded: index of the first, count, attempts, microseconds, their results, the worker's number. */
  done: z.array(z.tuple([
    count,
    count.min(1).max(MOST_BATCH),
    count.min(1),
    micros,
    z.union([z.string(), z.array(z.string()).max(MOST_BATCH)]),
    count,
  ])).max(MOST_BATCH),
  /** Inputs that failed: index, attempts, microseconds, the thrown value, the worker's number. */
  failed: z.array(z.tuple([count, count, count, errorSchema, count])).max(MOST_BATCH),
  /** Inputs whose last attempt has counted, with their sums by name. */
  counts: z.array(z.tuple([count, sums])).max(MOST_BATCH).optional(),
  /** Inputs whose last attempt has handed in further ones, with their texts. */
  added: z.array(z.tuple([count, z.array(z.string())])).max(MOST_BATCH).optional(),
  /** When and where the last attempts began: index, milliseconds since 1970 on the worker's clock, the position of its thread or process. */
  began: z.array(z.tuple([count, milliseconds, count])).max(MOST_BATCH).optional(),
  /** Attempts that failed and that others follow: index of the input, number of the attempt, the thrown value, the worker's number. */
  retried: z.array(z.tuple([count, count.min(1), errorSchema, count])).optional(),
  /** What the body of the single input has reported since the last results, as JSON. */
  progress: z.array(z.string().max(MOST_BYTES)).optional(),
  /** What all attempts have counted since the last results, by name. */
  spent: sums.optional(),
  /** Number of values that a stream had in all, at its end. */
  yielded: count.optional(),
});

/** Results in the form in which they are sent. */
export type Results = z.output<typeof resultsSchema>;

/** Values of a stream, in the form in which they are sent. */
export const valuesSchema = z.strictObject({
  v: z.literal(1),
  /** The worker's id. */
  server: z.string().max(256),
  /** Number of values that came before. */
  first: count,
  values: z.array(z.string().max(MOST_BYTES)).min(1).max(MOST_INPUTS),
});

/** Why a worker does not run the job of a stream: it came from another worker, which has sent values and may still be present. */
export const BEGUN_STREAM = "another worker has begun the stream";

/** What a worker's list has for a stream: how many values its reader has taken or has room for, since the stream began. */
export const roomSchema = z.strictObject({
  v: z.literal(1),
  job: z.string().max(256),
  room: count,
});

/** Room of a stream in the form in which it is sent. */
export type RoomRecord = z.output<typeof roomSchema>;

/** Stands for the end of an attempt that another follows, which also ends its last line. Bodies print no empty text. */
export const ATTEMPT_ENDED = "";

/** What bodies of a job chunk have printed. */
export const printedSchema = z.strictObject({
  v: z.literal(1),
  /** The task's first input, the number of its inputs, the number of its thread or process, the stream, and the text. */
  pieces: z.array(
    z.tuple([count, count.min(1), count, z.enum(["stdout", "stderr"]), z.string().max(MOST_BYTES)]),
  ),
});

/** What bodies have printed, in the form in which it is sent. */
export type PrintedRecord = z.output<typeof printedSchema>;

/** An attempt on a worker: the worker's number of the job chunk, the place of its input there, and the number of the attempt. */
const attemptSchema = z.tuple([count, count, count.min(1)]);
const attempts = z.array(attemptSchema).max(100_000);

/** An attempt on a worker in the form in which it is sent. */
export type AttemptId = z.output<typeof attemptSchema>;

/** The attempts of one run that are on a worker, or wait there for their start. Each message has all of them. */
export const startsSchema = z.strictObject({
  v: z.literal(1),
  token: z.string().max(32),
  server: z.string().max(256),
  number: count,
  /** When it was made, in milliseconds of the worker's own clock. */
  at: milliseconds,
  /** Number of the last grant that had arrived; 0 before the first. */
  granted: count,
  /** How long the worker may be silent before its jobs go to others, in milliseconds. */
  lock: milliseconds,
  slots: count,
  /** The jobs of the job chunks, by their numbers. */
  jobs: z.array(z.tuple([count, z.string().max(256)])).max(100_000),
  waiting: attempts,
  /** Attempts that may start, or were sent to a thread or process, and have not begun. */
  held: attempts,
  /** Attempts whose bodies have begun and have not ended. */
  running: attempts,
  /** Amounts that bodies have used since the last message. */
  used: z.array(z.tuple([attemptSchema, z.string().max(WORDS), milliseconds])).max(100_000),
  /** Attempts that a server has refused since the last message, with the delay that it told, in milliseconds. */
  refused: z.array(z.tuple([attemptSchema, milliseconds.nullable()])).max(100_000),
});

/** What a worker tells of starts, in the form in which it is sent. */
export type StartsRecord = z.output<typeof startsSchema>;

/** Attempts that a producer lets a worker start. */
export const grantSchema = z.strictObject({
  v: z.literal(1),
  run: name,
  token: z.string().max(32),
  /** Number of this grant, from 1. */
  number: count.min(1),
  /** They may start until then, in milliseconds of the worker's clock. */
  until: milliseconds,
  starts: attempts,
});

/** A grant in the form in which it is sent. */
export type GrantRecord = z.output<typeof grantSchema>;

/** A worker's entry in the roster. */
export const workerSchema = z.strictObject({
  id: z.string().max(256),
  fingerprint: hex,
  module: z.string().max(WORDS),
  tasks: z.array(z.string().max(WORDS)).max(10_000),
  slots: count,
  /** Maximum number of tasks in flight per thread or process. */
  concurrency: count,
  started: z.number(),
  draining: z.boolean(),
  inFlight: count,
  succeeded: count,
  failed: count,
  rejected: count,
  /** Tasks per second during the last seconds. */
  rate: z.number().nonnegative(),
  /** Its labels in order; left out if it has none. */
  labels: labels.optional(),
});

/** A worker's entry, as others read it in the roster. */
export type WorkerRecord = z.output<typeof workerSchema>;

/** A run's entry in the roster. */
export const runSchema = z.strictObject({
  run: name,
  token: z.string().max(32),
  task: z.string().max(WORDS),
  module: z.string().max(WORDS),
  fingerprint: hex,
  from: z.string().max(256),
  started: z.number(),
  waiting: count,
  inFlight: count,
  succeeded: count,
  failed: count,
  quarantined: count,
  /** The labels that its workers need, in order. */
  on: labels,
  priority: z.number(),
  chunks: count,
  /** Whether inputs wait for workers that other runs may have. */
  waits: z.boolean(),
});

/** A run's entry, as others read it in the roster. */
export type RunRecord = z.output<typeof runSchema>;

/** A producer's note to a worker that does not serve its run. */
const noteSchema = z.strictObject({
  run: name,
  from: z.string().max(256),
  reason: z.string().max(WORDS),
});

/** A note in the form in which it is sent. */
export type Note = z.output<typeof noteSchema>;

/** An operator's order to a worker. */
const drainSchema = z.strictObject({ drain: z.literal(true), from: z.string().max(256) });

/** An operator's order in the form in which it is sent. */
export type DrainOrder = z.output<typeof drainSchema>;

/** What others leave for a worker. */
export const messageSchema = z.union([noteSchema, drainSchema]);

/** Parses and checks a text from Redis; undefined if it is invalid. */
export function parseRecord<T>(schema: z.ZodType<T>, text: string | null | undefined): T | undefined {
  if (text === null || text === undefined) return undefined;
  const read = readRecord(schema, text);
  return read.ok ? read.value : undefined;
}

/** Parses and checks a text from Redis. Says what is wrong if it is invalid. */
export function readRecord<T>(
  schema: z.ZodType<T>,
  text: string,
): { ok: true; value: T } | { ok: false; fault: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, fault: "no JSON" };
  }
  try {
    const { success, data, error } = schema.safeParse(value);
    if (success) return { ok: true, value: data };
    const [{ path, message }] = error.issues;
    return { ok: false, fault: `${path.join(".") || "it"}: ${message}` };
  } catch {
    // The check is recursive, so the stack may overflow.
    return { ok: false, fault: "nested too deeply" };
  }
}

/** Makes foreign text safe to show: on one line, with limited length, without terminal control characters. */
export function shown(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are removed
  return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ").slice(0, 500);
}
