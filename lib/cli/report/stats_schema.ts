/**
 * The schema of `--stats`. `deno task schema` writes it as JSON schema to `stats.schema.json` beside this file, for programs in
 * other languages.
 */

import { z } from "npm:zod@4.6.7";
import { LIMITS } from "./recording/limits.ts";

const count = z.int().min(0);
const ms = z.number().min(0);
const sums = z.record(z.string(), z.number());

const example = z.object({
  line: z.int().min(1).describe("The line's number in the input, from 1"),
  input: z.string().describe("The beginning of the input, as text"),
});

const message = z.string().describe(
  "The message of the first error, and of its cause if that says more. Other errors of the kind may differ in numbers, quoted texts and URLs",
);

/** The figures of a run. Times are milliseconds. */
const statsSchema = z.object({
  version: z.literal(1).describe("Version of this form. A change that breaks readers changes it"),
  polyloop: z.string().describe("The version of polyloop"),
  runtime: z.string().describe("The runtime of polyloop and its version"),
  target: z.string().describe("MODULE#EXPORT, or -e"),
  started: z.iso.datetime(),
  finished: z.iso.datetime(),
  exitCode: z.int().describe(
    "The exit code of the run; null in a report that was made from a journal",
  )
    .nullable(),
  inputs: z.object({
    ok: count.describe("Inputs that succeeded, in all sessions of the run"),
    failed: count.describe("Inputs that failed, in all sessions of the run"),
    before: z.object({ ok: count, failed: count }).describe(
      "Always 0, because ok and failed include the outcomes of earlier sessions",
    ),
    left: count.describe("Inputs that were read and have no outcome"),
    unread: z.boolean().describe("Whether some inputs were not read"),
  }),
  sessions: z.int().min(1).describe("Number of sessions: the run itself, and each resume"),
  retries: count.describe("Failed attempts that were followed by another, of all inputs together"),
  retryCauses: z.array(z.object({ name: z.string(), message, count: z.int().min(1) })).describe(
    "Retries by the error of the attempt before, the most frequent first; at most fifty kinds",
  ),
  otherRetries: count.describe(
    "Retries whose cause is not kept: of further kinds, in earlier sessions, or on other machines",
  ),
  pauses: z.object({
    all: count.describe("Pauses of all tasks"),
    ofKeys: count.describe("Pauses of single keys of --limit-per"),
    ms: ms.describe("Time of the pauses of all tasks"),
  }).describe("Pauses after an error's retryAfter, in the last session"),
  counts: sums.describe(
    "What tasks have counted by context.count, by name: of each input with an outcome, the attempt that gave it",
  ),
  spent: sums.describe("What all attempts have counted, by name, also those that gave no outcome"),
  wallMs: ms.describe(
    "Time from the first line to the last result, without pauses of more than one minute between sessions",
  ),
  taskMs: ms.describe(
    "Sum of the times of all attempts, including the time that tasks waited for each other on an event loop",
  ),
  loopUtilization: z.number().min(0).max(1).nullable().describe(
    "Part of the time with tasks in which the workers' event loops were busy; null if unknown",
  ),
  perSecond: z.number().min(0).describe("Inputs per second of wall time"),
  ms: z.object({ min: ms, mean: ms, p50: ms, p90: ms, p99: ms, max: ms })
    .describe(
      "Times of the last attempts; percentiles are off by 5 % at most",
    )
    .nullable(),
  workers: z.array(z.object({
    ids: z.array(z.int()).describe(
      "The worker and its successors; -1 stands for all workers of earlier sessions, which a journal does not keep",
    ),
    machine: z.string().optional().describe("The name of its machine, in a run over a broker"),
    tasks: count,
    failed: count,
    taskMs: ms.describe("Sum of the running times of its tasks"),
  })),
  limits: z.partialRecord(z.enum(LIMITS), ms).describe(
    "Time by what kept further tasks from starting, the longest first: workers that start, slots, cpu, the rate, the gate that retryAfter closes, the limits of keys, delays of retries, the input, the output, the window of results in order, the end of the inputs",
  ),
  errors: z.array(z.object({
    name: z.string(),
    message,
    count: z.int().min(1),
    samples: z.array(example),
  })).describe("Errors by kind, the most frequent first; at most fifty kinds"),
  otherErrors: count.describe("Number of errors of further kinds"),
  slowest: z.array(example.extend({ ms, ok: z.boolean() })).describe(
    "The slowest inputs first; at most twenty",
  ),
  options: z.record(z.string(), z.unknown()).describe(
    "Options that differ from their defaults. Times are milliseconds",
  ),
}).meta({
  title: "The figures of a run of polyloop",
  description: "What polyloop run --stats FILE writes. Times are milliseconds.",
});

export type Stats = z.output<typeof statsSchema>;

export function statsJsonSchema(): string {
  const $comment = "Made of lib/cli/report/stats_schema.ts by: deno task schema";
  return `${JSON.stringify({ $comment, ...z.toJSONSchema(statsSchema) }, null, 2)}\n`;
}
