/**
 * What crosses the broker, and the checks at both of its ends. Jobs carry names and data, never code; nothing that
 * comes out of Redis is used before it has passed here.
 *
 * @module
 */

import { z } from "npm:zod@4.6.7";
import type { ErrorData } from "../../wire/error_data.ts";
import { isName } from "./names.ts";

/** A chunk has no more inputs, */
export const MOST_INPUTS = 256;
/** and no more bytes, unless one input alone has more. */
export const CHUNK_BYTES = 256 * 1024;
/** An input or a result has no more bytes than these. */
export const MOST_BYTES = 16 * 1024 * 1024;

/** So much text may be in a chunk: the largest input, as base64, and what is around it. */
const MOST_TEXT = Math.ceil(MOST_BYTES * 1.4);

/** So long may a name, a message or a stack be. */
const WORDS = 4_096;
const STORY = 65_536;

const name = z.string().refine(isName);
const hex = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();
const milliseconds = z.number().nonnegative();

const retrySchema = z.strictObject({
  attempts: count.min(1).optional(),
  minDelay: milliseconds.optional(),
  maxDelay: milliseconds.optional(),
  factor: z.number().min(1).optional(),
  jitter: z.number().min(0).max(1).optional(),
  losses: count.optional(),
});

/** In which span of the producer inputs were handed in, as headers of HTTP would say it. */
export const traceSchema = z.record(z.string().max(256), z.string().max(8_192))
  .refine((trace) => Object.keys(trace).length <= 32);

/** What the span of an input says of it, beside what a worker knows. */
export const spanSchema = z.record(z.string().max(256), z.union([z.string().max(WORDS), z.number()]))
  .refine((span) => Object.keys(span).length <= 32);

/** What a job holds: inputs of one task. */
export const chunkSchema = z.strictObject({
  v: z.literal(1),
  run: name,
  /** The producer's. */
  token: z.string().max(32),
  task: z.string().min(1).max(WORDS),
  fingerprint: hex,
  input: z.enum(["json", "text", "record"]),
  output: z.enum(["json", "text", "object"]),
  options: z.strictObject({
    timeout: milliseconds.optional(),
    gracePeriod: milliseconds.optional(),
    retry: retrySchema.optional(),
  }),
  count: count.min(1).max(MOST_INPUTS),
  /** The inputs, each with a newline at its end; as base64 if they are no UTF-8. */
  lines: z.string().max(MOST_TEXT),
  base64: z.boolean(),
  /** The key of each, or what stands before their numbers. */
  keys: z.union([z.array(z.string().max(256).regex(/^[^\t\n]*$/)).max(MOST_INPUTS), z.string().max(256)]),
  first: count,
  /** Whether that is where it stands among a map's inputs, which bodies may know. */
  indexed: z.boolean().optional(),
  trace: traceSchema.optional(),
  /** For each input, where there is a trace. */
  spans: z.array(spanSchema).max(MOST_INPUTS).optional(),
});

/** Inputs on their way. */
export type ChunkData = z.output<typeof chunkSchema>;

/** How tasks of a run are run: what a producer may ask of a worker's executor. */
export type ChunkOptions = ChunkData["options"];

const errorSchema: z.ZodType<ErrorData> = z.lazy(() =>
  z.union([
    z.strictObject({ kind: z.literal("value"), value: z.unknown(), nested: nestedSchema }),
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

/** Errors among properties, each with its way to it. */
const nestedSchema = z.lazy(() =>
  z.array(z.tuple([z.array(z.union([z.string(), z.number()])).min(1), errorSchema])).max(100).optional()
);

const micros = z.union([count, z.array(count).max(MOST_INPUTS)]);

/** What became of inputs of a chunk. */
export const resultsSchema = z.strictObject({
  v: z.literal(1),
  /** The worker's id. */
  server: z.string().max(256),
  /** Those that returned: from which on, how many, attempts, how long they took, their texts, and on which worker. */
  done: z.array(z.tuple([
    count,
    count.min(1).max(MOST_INPUTS),
    count.min(1),
    micros,
    z.union([z.string(), z.array(z.string()).max(MOST_INPUTS)]),
    count,
  ])).max(MOST_INPUTS),
  /** Those that failed: which, attempts, how long they took, why, and on which worker. */
  failed: z.array(z.tuple([count, count, count, errorSchema, count])).max(MOST_INPUTS),
});

/** Results on their way. */
export type Results = z.output<typeof resultsSchema>;

/** What a worker says of itself. */
export const workerSchema = z.strictObject({
  id: z.string().max(256),
  fingerprint: hex,
  module: z.string().max(WORDS),
  tasks: z.array(z.string().max(WORDS)).max(10_000),
  slots: count,
  /** Tasks in flight per thread or process. */
  concurrency: count,
  started: z.number(),
  draining: z.boolean(),
  inFlight: count,
  succeeded: count,
  failed: count,
  rejected: count,
  /** Tasks per second, over the last seconds. */
  rate: z.number().nonnegative(),
});

/** A worker as others see it. */
export type WorkerRecord = z.output<typeof workerSchema>;

/** What a run says of itself. */
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
});

/** A run as others see it. */
export type RunRecord = z.output<typeof runSchema>;

/** What a producer tells a worker that does not serve its run. */
export const noteSchema = z.strictObject({
  run: name,
  from: z.string().max(256),
  reason: z.string().max(WORDS),
});

/** Such a note. */
export type Note = z.output<typeof noteSchema>;

/** A text from Redis → what it should be; nothing if it is not. */
export function parseRecord<T>(schema: z.ZodType<T>, text: string | null | undefined): T | undefined {
  if (text === null || text === undefined) return undefined;
  const read = readRecord(schema, text);
  return read.ok ? read.value : undefined;
}

/** A text from Redis → what it should be, or what is wrong with it. */
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
    // The check calls itself for each level.
    return { ok: false, fault: "nested too deeply" };
  }
}

/** Text of others as it may be shown: on one line, without what would move a terminal's cursor. */
export function shown(text: string): string {
  // deno-lint-ignore no-control-regex -- those are what is left out
  return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ").slice(0, 500);
}
